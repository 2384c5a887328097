import { notebookPage } from "../page/notebook.ts";
import { idOf, page, type Route } from "../route.ts";

export const pageRoutes: readonly Route[] = [
  { method: "GET", path: "/", summary: "the notebook of the newest run", answers: "page", handle: async (site) => page(await notebookPage(site)) },
  { method: "GET", path: "/runs/:run/notebook", summary: "the notebook of one run", answers: "page", handle: async (site, context) => page(await notebookPage(site, idOf(context, "run"))) },
];
