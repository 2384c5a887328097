import { existsSync } from "node:fs";
import path from "node:path";
import { modulesAbove } from "../graph/package-names.ts";
import { forBrowsers } from "./assets.ts";

const packages = ["vega", "vega-lite"] as const;
const built = new Map<string, Promise<string>>();

/** Whether the project has what draws Vega-Lite: its own packages, none of ours. */
export function hasVega(project: string): boolean {
  const folders = modulesAbove(project);
  return packages.every((name) => folders.some((modules) => existsSync(path.join(modules, name, "package.json"))));
}

/** The project's Vega and Vega-Lite as one script that draws what the element `spec` holds; made once. */
export function vegaScript(project: string): Promise<string> {
  const known = built.get(project) ?? build(project);
  built.set(project, known);
  known.catch(() => built.delete(project));
  return known;
}

const entry = `import { parse, View } from "vega";
import { compile } from "vega-lite";
const spec = JSON.parse(document.getElementById("spec").textContent);
const place = document.getElementById("chart");
const lite = !/\\/vega\\/v/.test(String(spec.$schema));
if (/"data":\\{[^{}]*"url":/.test(JSON.stringify(spec))) {
  const note = document.createElement("p");
  note.textContent = "Its data lies at an address, and nothing is loaded here: put the rows into the specification.";
  place.before(note);
}
Promise.resolve()
  .then(() => new View(parse(lite ? compile(spec).spec : spec), { renderer: "svg", container: place, hover: true }).runAsync())
  .catch((error) => {
    const [words, shown] = [document.createElement("p"), document.createElement("pre")];
    words.textContent = "This chart cannot be drawn. " + error;
    shown.textContent = JSON.stringify(spec, null, 2);
    place.replaceChildren(words, shown);
  });`;

async function build(project: string): Promise<string> {
  const { build: bundle } = await import("esbuild");
  const { outputFiles } = await bundle({
    absWorkingDir: project,
    stdin: { contents: entry, resolveDir: project, loader: "js" },
    ...forBrowsers,
    logLevel: "silent",
  });
  // Nothing in it may end the script element that it stands in.
  return outputFiles[0]!.text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}
