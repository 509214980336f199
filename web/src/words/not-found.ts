/** What the app says where there is no page; apart from the rest, because nothing of it is on the first page. */
export const notFoundWords = {
  title: "There is no such page",
  text: "The link may be misspelt, or of a newer version of Taskfleet: where there is one, it is offered here in a moment.",
  home: "To your tasks",
} as const;
