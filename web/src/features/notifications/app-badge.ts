/** Show a number at the icon of the installed app; 0 takes it away. Elsewhere there is none. */
export function showAppBadge(count: number): void {
  // Some browsers know none.
  const { setAppBadge }: Partial<Pick<Navigator, "setAppBadge">> = navigator;
  setAppBadge?.call(navigator, count).catch(() => undefined);
}
