/** Who is an administrator from the first sign-in on, and makes others so. */
export const FIRST_ADMIN = "first-admin@example.org";
