import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import Database from "better-sqlite3";
import type { TestProject } from "../rig/project.ts";

/**
 * A way to make a result stale behind the engine's back: what a step looks at, and what changes it.
 * The step exports `out`, which must differ after the change; `here` is a folder of its own.
 */
export interface Attack {
  /** Text of the step; `HERE` stands for the folder, `ID` for a word that is only this attack's. */
  readonly step: string;
  readonly before?: (project: TestProject, here: string) => void;
  readonly change: (project: TestProject, here: string) => void;
  /** Environment of the second run; `ID` in names is replaced. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A file in the attack's folder is edited. */
const edits = (step: string, file = "in.txt", before = "1", after = "2"): Attack => ({
  step,
  before: (project, here) => project.write(`${here}/${file}`, before),
  change: (project, here) => project.write(`${here}/${file}`, after),
});

/** Hooks of Node's module loader that give `virtual:…` a default export. */
const hooks = (value: number) => `const own = (url) => url.startsWith("virtual:");
export const resolve = (url, context, next) => (own(url) ? { url, format: "module", shortCircuit: true } : next(url, context));
export const load = (url, context, next) => (own(url) ? { source: "export default ${value};", format: "module", shortCircuit: true } : next(url, context));
`;

function database(project: TestProject, file: string, value: number): void {
  project.write(file, "");
  const db = new Database(project.path(file));
  db.exec(`CREATE TABLE t AS SELECT ${value} AS a`);
  db.close();
}

const fs = (names: string) => `import { ${names} } from "node:fs";\n`;
const none = () => {};

export const attacks: Readonly<Record<string, Attack>> = {
  // Files, by every door of node:fs.
  readFileSync: edits(`${fs("readFileSync")}export const out = readFileSync("HERE/in.txt", "utf8");`),
  "default import": edits('import fs from "node:fs";\nexport const out = fs.readFileSync("HERE/in.txt", "utf8");'),
  "bare fs": edits('import { readFileSync as read } from "fs";\nexport const out = read("HERE/in.txt", "utf8");'),
  "node:fs/promises": edits('import { readFile } from "node:fs/promises";\nexport const out = await readFile("HERE/in.txt", "utf8");'),
  "namespace of fs/promises": edits(
    'import * as files from "fs/promises";\nexport const out = await files.readFile("HERE/in.txt", "utf8");',
  ),
  "fs.promises": edits(`${fs("promises")}export const out = await promises.readFile("HERE/in.txt", "utf8");`),
  callback: edits(
    `${fs("readFile")}export const out = await new Promise<string>((done) => readFile("HERE/in.txt", "utf8", (_, text) => done(text)));`,
  ),
  "promisified callback": edits(
    `${fs("readFile")}import { promisify } from "node:util";\nexport const out = await promisify(readFile)("HERE/in.txt", "utf8");`,
  ),
  stream: edits(
    `${fs("createReadStream")}let text = "";\nfor await (const part of createReadStream("HERE/in.txt", "utf8")) text += part;\nexport const out = text;`,
  ),
  "ReadStream class": edits(
    `${fs("ReadStream")}let text = "";\nfor await (const part of new ReadStream("HERE/in.txt")) text += part;\nexport const out = text;`,
  ),
  descriptor: edits(
    `${fs("openSync, readSync")}const bytes = Buffer.alloc(1);\nreadSync(openSync("HERE/in.txt", "r"), bytes);\nexport const out = bytes.toString();`,
  ),
  FileHandle: edits(
    'import { open } from "node:fs/promises";\nconst file = await open("HERE/in.txt");\nexport const out = await file.readFile("utf8");\nawait file.close();',
  ),
  openAsBlob: edits(`${fs("openAsBlob")}export const out = await (await openAsBlob("HERE/in.txt")).text();`),
  "URL path": edits(`${fs("readFileSync")}export const out = readFileSync(new URL("../HERE/in.txt", import.meta.url), "utf8");`),
  "Buffer path": edits(`${fs("readFileSync")}export const out = readFileSync(Buffer.from("HERE/in.txt"), "utf8");`),
  "import.meta.dirname": edits(`${fs("readFileSync")}export const out = readFileSync(import.meta.dirname + "/../HERE/in.txt", "utf8");`),
  chdir: edits(`${fs("readFileSync")}process.chdir("HERE");\nexport const out = readFileSync("in.txt", "utf8");\nprocess.chdir("../..");`),
  copyFile: edits(
    `${fs("copyFileSync, readFileSync")}import { tmpdir } from "node:os";\nconst to = tmpdir() + "/stepbook-attack-" + process.pid;\ncopyFileSync("HERE/in.txt", to);\nexport const out = readFileSync(to, "utf8");`,
  ),
  "cp of a folder": edits(
    `${fs("cpSync, mkdtempSync, readFileSync, rmSync")}import { tmpdir } from "node:os";\nconst to = mkdtempSync(tmpdir() + "/stepbook-attack-");\ncpSync("HERE", to, { recursive: true });\nexport const out = readFileSync(to + "/in.txt", "utf8");\nrmSync(to, { recursive: true });`,
  ),
  "promises.cp of a folder": edits(
    'import { cp, mkdtemp, readFile, rm } from "node:fs/promises";\nimport { tmpdir } from "node:os";\nconst to = await mkdtemp(tmpdir() + "/stepbook-attack-");\nawait cp("HERE", to, { recursive: true });\nexport const out = await readFile(to + "/in.txt", "utf8");\nawait rm(to, { recursive: true });',
  ),
  "require of JSON": edits(
    'import { createRequire } from "node:module";\nexport const out = createRequire(import.meta.url)("../HERE/in.json") as unknown;',
    "in.json",
  ),
  "require of a module": edits(
    'import { createRequire } from "node:module";\nexport const out = createRequire(import.meta.url)("../HERE/in.cjs") as unknown;',
    "in.cjs",
    "module.exports = 1;",
    "module.exports = 2;",
  ),
  "require of an ES module, CommonJS that it imports": {
    step: 'import { createRequire } from "node:module";\nexport const out = (createRequire(import.meta.url)("../HERE/main.mjs") as { n: number }).n;',
    before: (project, here) => (
      project.write(`${here}/main.mjs`, 'import inner from "./inner.cjs";\nexport const { n } = inner;'),
      project.write(`${here}/inner.cjs`, "exports.n = 1;")
    ),
    change: (project, here) => project.write(`${here}/inner.cjs`, "exports.n = 2;"),
  },
  "settings that a package imports, CommonJS that they import": {
    step: 'import { load } from "pkg-ID";\nexport const out = (await load(process.cwd() + "/HERE/main.mjs")) as number;',
    before: (project, here) => {
      install(project, here, { "index.js": "export const load = async (file) => (await import(file)).n;" });
      project.write(`${here}/main.mjs`, 'import inner from "./inner.cjs";\nexport const { n } = inner;');
      project.write(`${here}/inner.cjs`, "exports.n = 1;");
    },
    change: (project, here) => project.write(`${here}/inner.cjs`, "exports.n = 2;"),
  },
  "JSON import": edits('import data from "../HERE/in.json" with { type: "json" };\nexport const out = data as unknown;', "in.json"),
  "import of a text file of a hidden folder beside .stepbook": {
    step: `${fs("readFileSync")}export const out = readFileSync(".stepbook-data/ID.txt", "utf8");`,
    before: (project, here) => project.write(`.stepbook-data/${word(here)}.txt`, "1"),
    change: (project, here) => project.write(`.stepbook-data/${word(here)}.txt`, "2"),
  },
  "symlinked file retargeted": {
    step: `${fs("readFileSync")}export const out = readFileSync("HERE/now", "utf8");`,
    before: (project, here) => {
      project.write(`${here}/a`, "1");
      project.write(`${here}/b`, "2");
      symlinkSync("a", project.path(`${here}/now`));
    },
    change: (project, here) => {
      rmSync(project.path(`${here}/now`));
      symlinkSync("b", project.path(`${here}/now`));
    },
  },
  "a file above the folder that a link leads to": {
    step: `${fs("readFileSync")}export const out = readFileSync("HERE/now/../in.txt", "utf8");`,
    before: (project, here) => (
      project.write(`${here}/far/off/in.txt`, "1"),
      project.write(`${here}/far/off/v1/x`, ""),
      symlinkSync("far/off/v1", project.path(`${here}/now`))
    ),
    change: (project, here) => project.write(`${here}/far/off/in.txt`, "2"),
  },
  "SQL, a file above the folder that a link leads to": {
    step: "import { sql } from \"stepbook\";\nexport const out = await sql`FROM 'HERE/now/../in.csv'`;",
    before: (project, here) => (
      project.write(`${here}/far/off/in.csv`, "a\n1\n"),
      project.write(`${here}/far/off/v1/x`, ""),
      symlinkSync("far/off/v1", project.path(`${here}/now`))
    ),
    change: (project, here) => project.write(`${here}/far/off/in.csv`, "a\n2\n"),
  },
  "a folder behind a link, listed with all below": {
    step: `${fs("readdirSync")}export const out = readdirSync("HERE/data", { recursive: true }).sort();`,
    before: (project, here) => (
      project.write(`${here}/far/x.txt`, ""),
      project.write(`${here}/data/y.txt`, ""),
      symlinkSync("../far", project.path(`${here}/data/train`)),
      symlinkSync(".", project.path(`${here}/far/itself`))
    ),
    change: (project, here) => project.write(`${here}/far/z.txt`, ""),
  },
  "a link that could not be made": {
    step: `${fs("readFileSync, symlinkSync")}try { symlinkSync("b", "HERE/now"); } catch {}\nexport const out = readFileSync("HERE/now/in.txt", "utf8");`,
    before: (project, here) => (
      project.write(`${here}/a/in.txt`, "1"),
      project.write(`${here}/b/in.txt`, "3"),
      symlinkSync("a", project.path(`${here}/now`))
    ),
    change: (project, here) => project.write(`${here}/a/in.txt`, "2"),
  },
  "package, its settings from the environment by a loop": {
    ...environment(
      'const found = {};\nconst env = process.env;\nfor (const name in env) if (name.startsWith("ID_")) found[name] = env[name];\nexport default found;',
    ),
  },
  "package, its settings from the environment by entries": environment(
    'export default Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("ID_")));',
  ),
  "package, its settings from the environment by keys": environment(
    'export default Object.keys(process.env).filter((name) => name.startsWith("ID_")).map((name) => process.env[name]);',
  ),
  "package, its settings from the environment by getOwnPropertyNames": environment(
    'export default Object.getOwnPropertyNames(process.env).filter((name) => name.startsWith("ID_")).map((name) => process.env[name]);',
  ),
  "package, its settings from the environment by Reflect.ownKeys": environment(
    'export default Reflect.ownKeys(process.env).filter((name) => name.startsWith("ID_")).map((name) => process.env[name]);',
  ),
  "package, its settings from the environment by JSON": environment(
    'export default Object.keys(JSON.parse(JSON.stringify(process.env))).filter((name) => name.startsWith("ID_"));',
  ),
  "package, data in a linked folder": {
    step: 'import data from "pkg-ID";\nexport const out = data as string;',
    before: (project, here) => {
      project.write(`${here}/far/x.csv`, "1");
      install(project, here, {
        "index.js":
          'import { readFileSync } from "node:fs";\nexport default readFileSync(new URL("./data/x.csv", import.meta.url), "utf8");',
      });
      symlinkSync(project.path(`${here}/far`), project.path(`node_modules/pkg-${word(here)}/data`));
    },
    change: (project, here) => project.write(`${here}/far/x.csv`, "2"),
  },
  ...Object.fromEntries(
    ["json", "wasm"].map((extension): [string, Attack] => [
      `package, ${extension} in a linked folder`,
      {
        step: 'import data from "pkg-ID";\nexport const out = data as string;',
        before: (project, here) => {
          project.write(`${here}/far/x.${extension}`, "1");
          install(project, here, {
            "index.js": `import { readFileSync } from "node:fs";\nexport default readFileSync(new URL("./data/x.${extension}", import.meta.url), "utf8");`,
          });
          symlinkSync(project.path(`${here}/far`), project.path(`node_modules/pkg-${word(here)}/data`));
        },
        change: (project, here) => project.write(`${here}/far/x.${extension}`, "2"),
      },
    ]),
  ),
  "read through a link that the step makes": edits(
    `${fs("mkdtempSync, readFileSync, symlinkSync")}const made = mkdtempSync("/tmp/stepbook-attack-");\nsymlinkSync(process.cwd() + "/HERE", made + "/now");\nexport const out = readFileSync(made + "/now/in.txt", "utf8");`,
  ),
  "replaced by rename behind a hard link that the step makes": {
    step: `${fs("linkSync, readFileSync, rmSync")}rmSync("HERE/own", { force: true });\nlinkSync("HERE/in.txt", "HERE/own");\nexport const out = readFileSync("HERE/own", "utf8");`,
    before: (project, here) => project.write(`${here}/in.txt`, "1"),
    change: (project, here) => (project.write(`${here}/new`, "2"), renameSync(project.path(`${here}/new`), project.path(`${here}/in.txt`))),
  },
  "package, one of two copies of a version": {
    step: 'import { a } from "pkg-ID-a";\nimport { b } from "pkg-ID-b";\nexport const out = [a, b];',
    before: (project, here) => {
      for (const name of ["a", "b"]) {
        project.write(
          `node_modules/pkg-${word(here)}-${name}/package.json`,
          '{ "type": "module", "main": "index.js", "version": "1.0.0" }',
        );
        project.write(`node_modules/pkg-${word(here)}-${name}/index.js`, `export { n as ${name} } from "inner";`);
        project.write(
          `node_modules/pkg-${word(here)}-${name}/node_modules/inner/package.json`,
          '{ "name": "inner", "type": "module", "main": "index.js", "version": "1.0.0" }',
        );
        project.write(`node_modules/pkg-${word(here)}-${name}/node_modules/inner/index.js`, "export const n = 1;");
      }
    },
    change: (project, here) => project.write(`node_modules/pkg-${word(here)}-b/node_modules/inner/index.js`, "export const n = 2;"),
  },
  "realpath of a link retargeted": retarget(`${fs("realpathSync")}export const out = realpathSync("HERE/now").slice(-1);`),
  "realpath.native of a link retargeted": retarget(`${fs("realpathSync")}export const out = realpathSync.native("HERE/now").slice(-1);`),
  "realpath.native, by callback": retarget(
    'import fs from "node:fs";\nexport const out = await new Promise<string>((done) => fs.realpath.native("HERE/now", (_, real) => done(real.slice(-1))));',
  ),
  "readlink of a link retargeted": retarget(`${fs("readlinkSync")}export const out = readlinkSync("HERE/now");`),
  "readlink of a dangling link": {
    step: `${fs("readlinkSync")}export const out = readlinkSync("HERE/now");`,
    before: (project, here) => (mkdirSync(project.path(here), { recursive: true }), symlinkSync("x", project.path(`${here}/now`))),
    change: (project, here) => (rmSync(project.path(`${here}/now`)), symlinkSync("y", project.path(`${here}/now`))),
  },
  "same size, same second, times set back": {
    ...edits(`${fs("readFileSync")}export const out = readFileSync("HERE/in.txt", "utf8");`),
    before: (project, here) => (project.write(`${here}/in.txt`, "1"), utimesSync(project.path(`${here}/in.txt`), 1e9, 1e9)),
    change: (project, here) => (project.write(`${here}/in.txt`, "2"), utimesSync(project.path(`${here}/in.txt`), 1e9, 1e9)),
  },
  "replaced by rename, times set back": {
    ...edits(`${fs("readFileSync")}export const out = readFileSync("HERE/in.txt", "utf8");`),
    before: (project, here) => (project.write(`${here}/in.txt`, "1"), utimesSync(project.path(`${here}/in.txt`), 1e9, 1e9)),
    change: (project, here) => {
      project.write(`${here}/new`, "2");
      utimesSync(project.path(`${here}/new`), 1e9, 1e9);
      renameSync(project.path(`${here}/new`), project.path(`${here}/in.txt`));
    },
  },
  "written through a hard link": {
    step: `${fs("readFileSync")}export const out = readFileSync("HERE/in.txt", "utf8");`,
    before: (project, here) => (
      project.write(`${here}/in.txt`, "1"),
      linkSync(project.path(`${here}/in.txt`), project.path(`${here}/other`))
    ),
    change: (project, here) => project.write(`${here}/other`, "2"),
  },
  "a name that is not UTF-8": {
    step: `${fs("readFileSync")}export const out = readFileSync(Buffer.concat([Buffer.from("HERE/"), Buffer.from([0xff])]), "utf8");`,
    before: (project, here) => (
      mkdirSync(project.path(here), { recursive: true }),
      writeFileSync(Buffer.concat([Buffer.from(`${project.path(here)}/`), Buffer.from([0xff])]), "1")
    ),
    change: (project, here) => writeFileSync(Buffer.concat([Buffer.from(`${project.path(here)}/`), Buffer.from([0xff])]), "2"),
  },
  // What is there, and how.
  existsSync: appears(`${fs("existsSync")}export const out = existsSync("HERE/new.txt");`),
  "existsSync by URL": appears(`${fs("existsSync")}export const out = existsSync(new URL("../HERE/new.txt", import.meta.url));`),
  "access that fails": appears(
    `${fs("accessSync")}let there = true;\ntry { accessSync("HERE/new.txt"); } catch { there = false; }\nexport const out = there;`,
  ),
  "read that fails": appears(
    `${fs("readFileSync")}let there = true;\ntry { readFileSync("HERE/new.txt"); } catch { there = false; }\nexport const out = there;`,
  ),
  "stat that finds nothing": appears(
    `${fs("statSync")}export const out = statSync("HERE/new.txt", { throwIfNoEntry: false }) !== undefined;`,
  ),
  readdir: appears(`${fs("readdirSync")}export const out = readdirSync("HERE");`),
  "readdir, deep": {
    step: `${fs("readdirSync")}export const out = readdirSync("HERE", { recursive: true }).sort();`,
    before: (project, here) => project.write(`${here}/a/b/c.txt`, ""),
    change: (project, here) => project.write(`${here}/a/b/d.txt`, ""),
  },
  opendir: appears(
    `${fs("opendirSync")}const names: string[] = [];\nfor await (const entry of opendirSync("HERE")) names.push(entry.name);\nexport const out = names.sort();`,
  ),
  "readdir with types: a file becomes a folder": {
    step: `${fs("readdirSync")}export const out = readdirSync("HERE", { withFileTypes: true }).map((entry) => entry.isFile());`,
    before: (project, here) => project.write(`${here}/x`, ""),
    change: (project, here) => (project.remove(`${here}/x`), mkdirSync(project.path(`${here}/x`))),
  },
  "stat: size": edits(`${fs("statSync")}export const out = statSync("HERE/in.txt").size;`, "in.txt", "1", "22"),
  "stat: mode": {
    ...edits(`${fs("statSync")}export const out = statSync("HERE/in.txt").mode;`),
    change: (project, here) => chmodSync(project.path(`${here}/in.txt`), 0o600),
  },
  "stat of a folder: mtime": appears(`${fs("statSync")}export const out = statSync("HERE").mtimeMs;`),
  "fstat: mtime": {
    ...edits(`${fs("fstatSync, openSync")}export const out = fstatSync(openSync("HERE/in.txt", "r")).mtimeMs;`),
    change: (project, here) => utimesSync(project.path(`${here}/in.txt`), 1e9, 1e9),
  },
  "handle.stat: mtime": {
    ...edits(
      'import { open } from "node:fs/promises";\nconst file = await open("HERE/in.txt");\nexport const out = (await file.stat()).mtimeMs;\nawait file.close();',
    ),
    change: (project, here) => utimesSync(project.path(`${here}/in.txt`), 1e9, 1e9),
  },
  // The environment.
  "process.env": { step: "export const out = process.env.ID_A ?? null;", change: none, env: { ID_A: "1" } },
  "destructured env": { step: "const { ID_A = null } = process.env;\nexport const out = ID_A;", change: none, env: { ID_A: "1" } },
  "in env": { step: 'export const out = "ID_A" in process.env;', change: none, env: { ID_A: "1" } },
  "hasOwn env": { step: 'export const out = Object.hasOwn(process.env, "ID_A");', change: none, env: { ID_A: "1" } },
  "keys of env": {
    step: 'export const out = Object.keys(process.env).filter((name) => name.startsWith("ID_"));',
    change: none,
    env: { ID_A: "1" },
  },
  "spread env": {
    step: 'export const out = Object.entries({ ...process.env }).filter(([name]) => name.startsWith("ID_"));',
    change: none,
    env: { ID_A: "1" },
  },
  "env by descriptor": {
    step: 'export const out = Object.getOwnPropertyDescriptor(process.env, "ID_A")?.value ?? null;',
    change: none,
    env: { ID_A: "1" },
  },
  "env inspected": {
    step: 'import { inspect } from "node:util";\nexport const out = /ID_A/.test(inspect(process.env, { maxStringLength: 1 }));',
    change: none,
    env: { ID_A: "1" },
  },
  "env in a report": {
    step: 'export const out = "ID_A" in (process.report!.getReport() as unknown as { environmentVariables: object }).environmentVariables;',
    change: none,
    env: { ID_A: "1" },
  },
  "a file by process.binding": edits(
    'const { internalModuleReadJSON, ...fs } = (process as any).binding("fs");\nexport const out = fs.internalModuleStat !== undefined && String(fs.readFileUtf8?.("HERE/in.txt", 0) ?? 0);',
  ),
  homedir: { step: 'import { homedir } from "node:os";\nexport const out = homedir();', change: none, env: { HOME: "/tmp/elsewhere" } },
  tmpdir: { step: 'import { tmpdir } from "node:os";\nexport const out = tmpdir();', change: none, env: { TMPDIR: "/var/tmp" } },
  "process.loadEnvFile": edits(
    'process.loadEnvFile("HERE/.env");\nexport const out = process.env.LOADED_WORD;',
    ".env",
    "LOADED_WORD=1",
    "LOADED_WORD=2",
  ),
  // Code that the bundle may not hold.
  "tsconfig paths": {
    step: 'import { value } from "@paths/ID.ts";\nexport const out = value;',
    before: (project, here) => (
      project.write("tsconfig.json", '{ "compilerOptions": { "paths": { "@paths/*": ["./lib/*"] } } }'),
      project.write(`lib/${word(here)}.ts`, "export const value = 1;")
    ),
    change: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 2;"),
  },
  "#lib imports": {
    step: 'import { value } from "#lib/ID.ts";\nexport const out = value;',
    before: (project, here) => (
      project.write("package.json", '{ "type": "module", "imports": { "#lib/*": "./lib/*" } }'),
      project.write(`lib/${word(here)}.ts`, "export const value = 1;")
    ),
    change: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 2;"),
  },
  "dynamic import of a helper": {
    step: 'const { value } = await import("../lib/ID.ts");\nexport const out = value as number;',
    before: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 1;"),
    change: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 2;"),
  },
  "helper through a link": {
    step: 'import { value } from "../lib/ID-link.ts";\nexport const out = value;',
    before: (project, here) => (
      project.write(`lib/${word(here)}.ts`, "export const value = 1;"),
      symlinkSync(`${word(here)}.ts`, project.path(`lib/${word(here)}-link.ts`))
    ),
    change: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 2;"),
  },
  "a helper shadowed by another": {
    step: 'import { value } from "../lib/ID";\nexport const out = value;',
    before: (project, here) => project.write(`lib/${word(here)}.js`, "export const value = 1;"),
    change: (project, here) => project.write(`lib/${word(here)}.ts`, "export const value = 2;"),
  },
  // Packages.
  "package, dynamic import": packaged('const { n } = (await import("pkg-ID")) as { n: number };\nexport const out = n;'),
  "package, createRequire": packaged(
    'import { createRequire } from "node:module";\nexport const out = (createRequire(import.meta.url)("pkg-ID") as { n: number }).n;',
    "cjs",
  ),
  "package, createRequire with a computed name": packaged(
    'import { createRequire } from "node:module";\nconst name = ["pkg", "ID"].join("-");\nexport const out = (createRequire(import.meta.url)(name) as { n: number }).n;',
    "cjs",
  ),
  "package, one that was missing and could be": {
    step: 'export const out = await import("pkg-ID").then(() => 1, () => 0);',
    change: (project, here) => install(project, here, { "index.js": "export const n = 1;" }),
  },
  "package, one that may be missing is edited": packaged(
    'export const out = await import("pkg-ID").then(({ n }) => n as number, () => 0);',
  ),
  "package, another main of one by createRequire": upgraded(
    'import { createRequire } from "node:module";\nexport const out = (createRequire(import.meta.url)("pkg-ID") as { n: number }).n;',
  ),
  "package, what require.resolve finds": upgraded(
    'import { createRequire } from "node:module";\nexport const out = createRequire(import.meta.url).resolve("pkg-ID");',
  ),
  "package, what import.meta.resolve finds": upgraded('export const out = import.meta.resolve("pkg-ID");'),
  "a package that comes to lie before another": {
    ...upgraded(
      'import { createRequire } from "node:module";\nexport const out = (createRequire(import.meta.url)("pkg-ID") as { n: number }).n;',
    ),
    change: (project, here) => project.write(`steps/node_modules/pkg-${word(here)}/index.js`, "exports.n = 2;"),
  },
  "a module that comes to lie before another": {
    step: 'import { createRequire } from "node:module";\nexport const out = createRequire(import.meta.url)("../HERE/cjs/in") as unknown;',
    before: (project, here) => (
      project.write(`${here}/cjs/package.json`, "{}"),
      project.write(`${here}/cjs/in/index.js`, "module.exports = 1;")
    ),
    change: (project, here) => project.write(`${here}/cjs/in.js`, "module.exports = 2;"),
  },
  "package, a data file that is read": {
    step: `${fs("readFileSync")}export const out = readFileSync("node_modules/pkg-ID/words.json", "utf8");`,
    before: (project, here) => (
      project.write(`node_modules/pkg-${word(here)}/package.json`, "{}"),
      project.write(`node_modules/pkg-${word(here)}/words.json`, "1")
    ),
    change: (project, here) => project.write(`node_modules/pkg-${word(here)}/words.json`, "2"),
  },
  "package, a text file that it reads": {
    step: 'import { n } from "pkg-ID";\nexport const out = n as string;',
    before: (project, here) =>
      install(project, here, {
        "index.js":
          'import { readFileSync } from "node:fs";\nexport const n = readFileSync(new URL("words.txt", import.meta.url), "utf8");',
        "words.txt": "1",
      }),
    change: (project, here) => project.write(`node_modules/pkg-${word(here)}/words.txt`, "2"),
  },
  "package, an undeclared dependency": {
    step: 'import { n } from "pkg-ID";\nexport const out = n as number;',
    before: (project, here) => {
      install(project, here, { "index.js": `export { n } from "phantom-${word(here)}";` });
      phantom(project, here, 1);
    },
    change: (project, here) => phantom(project, here, 2),
  },
  "package, a linked one": {
    step: 'import { n } from "pkg-ID";\nexport const out = n as number;',
    before: (project, here) => {
      project.write(`packages/${word(here)}/package.json`, `{ "name": "pkg-${word(here)}", "type": "module", "exports": "./index.js" }`);
      project.write(`packages/${word(here)}/index.js`, "export const n = 1;");
      mkdirSync(project.path("node_modules"), { recursive: true });
      symlinkSync(`../packages/${word(here)}`, project.path(`node_modules/pkg-${word(here)}`));
    },
    change: (project, here) => project.write(`packages/${word(here)}/index.js`, "export const n = 2;"),
  },
  "package, a linked file in it": {
    step: 'import { n } from "pkg-ID";\nexport const out = n as number;',
    before: (project, here) => {
      install(project, here, { "index.js": 'export { n } from "./real.js";' });
      project.write(`packages/${word(here)}.js`, "export const n = 1;");
      symlinkSync(`../../packages/${word(here)}.js`, project.path(`node_modules/pkg-${word(here)}/real.js`));
    },
    change: (project, here) => project.write(`packages/${word(here)}.js`, "export const n = 2;"),
  },
  "package, an optional peer that appears": {
    step: 'import { n } from "pkg-ID";\nexport const out = n as number;',
    before: (project, here) =>
      install(
        project,
        here,
        { "index.js": `export const n = await import("phantom-${word(here)}").then((m) => m.n, () => 0);` },
        `"peerDependencies": { "phantom-${word(here)}": "*" }, "peerDependenciesMeta": { "phantom-${word(here)}": { "optional": true } }`,
      ),
    change: (project, here) => phantom(project, here, 2),
  },
  "package, a string-named import": {
    step: 'import { "a-b" as n } from "pkg-ID";\nexport const out = n as number;',
    before: (project, here) => install(project, here, { "index.js": 'const a = 1, c = 2;\nexport { a as "a-b", c as "c-d" };' }),
    change: (project, here) => project.edit(`${stepFile(here)}`, '"a-b"', '"c-d"'),
  },
  // Subprocesses and the network, which must be seen as opaque.
  "promisified execFile": edits(
    'import { execFile } from "node:child_process";\nimport { promisify } from "node:util";\nexport const out = (await promisify(execFile)("cat", ["HERE/in.txt"])).stdout;',
  ),
  "promisified exec": edits(
    'import { exec } from "node:child_process";\nimport { promisify } from "node:util";\nexport const out = (await promisify(exec)("cat HERE/in.txt")).stdout;',
  ),
  "ChildProcess class": edits(
    'import { ChildProcess } from "node:child_process";\nconst child = new ChildProcess() as ChildProcess & { spawn(options: object): void };\nchild.spawn({ file: "/bin/cat", args: ["cat", "HERE/in.txt"], stdio: "pipe" });\nlet text = "";\nfor await (const part of child.stdout!) text += String(part);\nexport const out = text;',
  ),
  "worker thread": edits(
    'import { Worker } from "node:worker_threads";\nexport const out = await new Promise<string>((done) => new Worker(`require("worker_threads").parentPort.postMessage(require("fs").readFileSync("HERE/in.txt", "utf8"))`, { eval: true }).on("message", done));',
  ),
  WASI: edits(
    'import { WASI } from "node:wasi";\nimport { readFileSync } from "node:fs";\nnew WASI({ version: "preview1" });\nexport const out = readFileSync("HERE/in.txt", "utf8");',
  ),
  "a hook of the module loader": edits(
    'import { register } from "node:module";\nimport { pathToFileURL } from "node:url";\nregister("./HERE/in.mjs", pathToFileURL(process.cwd() + "/"));\nexport const out = ((await import("virtual:it" as string)) as { default: number }).default;',
    "in.mjs",
    hooks(1),
    hooks(2),
  ),
  ...(isBuiltin("node:sqlite") && {
    "a database of Node's own SQLite": {
      step: 'import { DatabaseSync } from "node:sqlite";\nexport const out = new DatabaseSync("HERE/in.db").prepare("SELECT * FROM t").get();',
      before: (project: TestProject, here: string) => database(project, `${here}/in.db`, 1),
      change: (project: TestProject, here: string) => database(project, `${here}/in.db`, 2),
    },
  }),
  // The same, not imported by name; without variables, whose names would be a read of their own.
  "a subprocess by import()": edits(
    'const { execFileSync } = await import("node:child_process");\nexport const out = execFileSync("/bin/cat", ["HERE/in.txt"], { env: {} }).toString();',
  ),
  "a subprocess by getBuiltinModule": edits(
    'export const out = process.getBuiltinModule("node:child_process").execFileSync("/bin/cat", ["HERE/in.txt"], { env: {} }).toString();',
  ),
  "a subprocess by createRequire": edits(
    'import { createRequire } from "node:module";\nexport const out = createRequire("/")("child_process").execFileSync("/bin/cat", ["HERE/in.txt"], { env: {} }).toString();',
  ),
  "a subprocess by eval": edits(
    'export const out = (0, eval)("pro" + "cess").getBuiltinModule("child_process").execFileSync("/bin/cat", ["HERE/in.txt"], { env: {} }).toString();',
  ),
  "a subprocess by a function's constructor": edits(
    'export const out = (() => {}).constructor("return pro" + "cess")().getBuiltinModule("child_process").execFileSync("/bin/cat", ["HERE/in.txt"], { env: {} }).toString();',
  ),
  "a subprocess of a package": {
    step: 'import { read } from "pkg-ID";\nexport const out = read("HERE/in.txt");',
    before: (project, here) => (
      project.write(`${here}/in.txt`, "1"),
      install(project, here, {
        "index.js":
          'import { execFileSync } from "node:child_process";\nexport const read = (file) => execFileSync("/bin/cat", [file], { env: {} }).toString();',
      })
    ),
    change: (project, here) => project.write(`${here}/in.txt`, "2"),
  },
  // SQL.
  "SQL, a pattern": sqlAppears("FROM read_csv('HERE/*.csv')"),
  "SQL, a pattern in FROM": sqlAppears("FROM 'HERE/*.csv'"),
  "SQL, a joined pattern": sqlAppears("FROM read_csv('HERE/' || '*.csv')"),
  "SQL, a pattern given to a macro": sqlAppears("FROM m('HERE/*.csv')", "CREATE MACRO m(p) AS TABLE FROM read_csv(p)"),
  "SQL, a pattern in a variable": sqlAppears("FROM read_csv(getvariable('p'))", "SET VARIABLE p = 'HERE/*.csv'"),
  "SQL, a pattern in a view": sqlAppears("FROM v", "CREATE VIEW v AS FROM 'HERE/*.csv'"),
  "SQL, glob()": sqlAppears("FROM glob('HERE/*')"),
  "SQL, glob() of a joined pattern": sqlAppears("FROM glob('HERE/' || '*.csv')"),
  "SQL, glob() in a macro": sqlAppears("FROM m('HERE/*.csv')", "CREATE MACRO m(p) AS TABLE FROM glob(p)"),
  "SQL, a pattern made by a function": sqlAppears("FROM read_csv(concat('HERE', '/*.csv'))"),
  "SQL, a pattern by a value and a function": sqlAppears("FROM read_csv(concat('HERE/', ${\"*\"}, '.csv'))"),
  "SQL, a pattern after chdir": sqlAppears("FROM '*.csv'", undefined, 'await sql`SELECT 1`;\nprocess.chdir("HERE");\n'),
  "SQL, a text that was not there": {
    step: "import { sql } from \"stepbook\";\nexport const out = await sql`SELECT content FROM read_text('HERE/new.txt')`;",
    change: (project, here) => project.write(`${here}/new.txt`, "a"),
  },
  "SQL, glob() of one file": {
    step: "import { sql } from \"stepbook\";\nexport const out = await sql`FROM glob('HERE/new.csv')`;",
    change: (project, here) => project.write(`${here}/new.csv`, "a\n1\n"),
  },
  "SQL, a pattern through a linked folder": {
    step: "import { sql } from \"stepbook\";\nexport const out = await sql`FROM read_csv('HERE/all/*/*.csv')`;",
    before: (project, here) => (
      project.write(`${here}/there/a.csv`, "a\n1\n"),
      project.write(`${here}/all/.keep`, ""),
      symlinkSync("../there", project.path(`${here}/all/link`))
    ),
    change: (project, here) => project.write(`${here}/there/b.csv`, "a\n2\n"),
  },
  "SQL, a file in the condition of a check": edits(
    "import { check, sql, table } from \"stepbook\";\nconst rows = await table([{ id: 1 }]);\nexport const out = await check(rows, { that: { known: sql`id IN (SELECT a FROM 'HERE/in.csv')` } }).then(() => 1, () => 0);",
    "in.csv",
    "a\n1\n",
    "a\n2\n",
  ),
  "SQL, a list of files": edits(
    "import { sql } from \"stepbook\";\nexport const out = await sql`SELECT * FROM read_csv(['HERE/in.csv'])`;",
    "in.csv",
    "a\n1\n",
    "a\n2\n",
  ),
  "SQL, read_text": edits(
    "import { sql } from \"stepbook\";\nexport const out = await sql`SELECT content FROM read_text('HERE/in.csv')`;",
    "in.csv",
    "1",
    "2",
  ),
  "SQL, when a file was changed": {
    ...edits(
      "import { sql } from \"stepbook\";\nexport const out = await sql`SELECT last_modified::VARCHAR AS t FROM read_text('HERE/in.csv')`;",
      "in.csv",
    ),
    change: (project, here) => utimesSync(project.path(`${here}/in.csv`), 1e9, 1e9),
  },
  "SQL, after chdir": edits(
    'import { sql } from "stepbook";\nprocess.chdir("HERE");\nexport const out = await sql`SELECT * FROM \'in.csv\'`;',
    "in.csv",
    "a\n1\n",
    "a\n2\n",
  ),
  "SQL, an attached database": {
    step: "import { sql } from \"stepbook\";\nawait sql`ATTACH 'HERE/db.duckdb' AS d (READ_ONLY)`;\nexport const out = await sql`SELECT * FROM d.t`;",
    before: (project, here) =>
      project.write(
        `${stepFile(here, -1)}`,
        `import { sql } from "stepbook";\nimport { mkdirSync, rmSync } from "node:fs";\nmkdirSync("${here}", { recursive: true });\nrmSync("${here}/db.duckdb", { force: true });\nawait sql\`ATTACH '${here}/db.duckdb' AS d\`;\nawait sql\`CREATE TABLE d.t AS SELECT 1 AS a\`;\nawait sql\`DETACH d\`;\nexport const done = 1;\n`,
      ),
    change: (project, here) => project.edit(`${stepFile(here, -1)}`, "SELECT 1", "SELECT 2"),
  },
  "SQL, a pattern in a view of an attached database": {
    step: "import { sql } from \"stepbook\";\nawait sql`ATTACH 'HERE/db.duckdb' AS d (READ_ONLY)`;\nexport const out = await sql`FROM d.v`;",
    before: (project, here) => (
      project.write(`${here}/data/a.csv`, "a\n1\n"),
      project.write(
        stepFile(here, -1),
        `import { sql } from "stepbook";\nimport { rmSync } from "node:fs";\nrmSync("${here}/db.duckdb", { force: true });\nawait sql\`ATTACH '${here}/db.duckdb' AS d\`;\nawait sql\`CREATE VIEW d.v AS FROM '${here}/data/*.csv'\`;\nawait sql\`DETACH d\`;\nexport const done = 1;\n`,
      )
    ),
    change: (project, here) => project.write(`${here}/data/b.csv`, "a\n2\n"),
  },
  "SQL, a file made by COPY that is removed": {
    step: `import { sql } from "stepbook";\n${fs("readFileSync")}export const out = readFileSync("HERE/in.csv", "utf8");\nawait sql\`SELECT 1\`;`,
    before: (project, here) => project.write(`${here}/in.csv`, "1"),
    change: (project, here) => project.write(`${here}/in.csv`, "2"),
  },
};

/** The attack's own step, or one just before it. */
export function stepFile(here: string, before = 0): string {
  const nth = Number(/\d+$/.exec(here)![0]);
  return `steps/${(nth + 1) * 10 + before}_s${nth}${before === 0 ? "" : "_before"}.ts`;
}

function word(here: string): string {
  return here.split("/").at(-1)!;
}

function appears(step: string): Attack {
  return {
    step,
    before: (project, here) => project.write(`${here}/in.txt`, "1"),
    change: (project, here) => project.write(`${here}/new.txt`, ""),
  };
}

function retarget(step: string): Attack {
  const point = (project: TestProject, here: string, to: string) => {
    rmSync(project.path(`${here}/now`), { force: true });
    symlinkSync(to, project.path(`${here}/now`));
  };
  return {
    step,
    before: (project, here) => (project.write(`${here}/a`, ""), project.write(`${here}/b`, ""), point(project, here, "a")),
    change: (project, here) => point(project, here, "b"),
  };
}

/** A package that chooses variables of the environment itself; one of them is new in the second run. */
function environment(code: string): Attack {
  return {
    step: 'import found from "pkg-ID";\nexport const out = found as object;',
    before: (project, here) => install(project, here, { "index.js": code.replaceAll("ID_", `${word(here)}_`) }),
    change: none,
    env: { ID_A: "1" },
  };
}

function sqlAppears(query: string, first?: string, setup = ""): Attack {
  return {
    step: `import { sql } from "stepbook";\n${setup}${first ? `await sql\`${first}\`;\n` : ""}export const out = await sql\`${query}\`;`,
    before: (project, here) => project.write(`${here}/a.csv`, "a\n1\n"),
    change: (project, here) => project.write(`${here}/b.csv`, "a\n2\n"),
  };
}

function packaged(step: string, form: "esm" | "cjs" = "esm"): Attack {
  const code = (n: number) => (form === "esm" ? `export const n = ${n};` : `module.exports = { n: ${n} };`);
  return {
    step,
    before: (project, here) => install(project, here, { "index.js": code(1) }, undefined, form),
    change: (project, here) => project.write(`node_modules/pkg-${word(here)}/index.js`, code(2)),
  };
}

/** A package of which another file is the main one. */
function upgraded(step: string): Attack {
  const manifest = (main: string) => `{ "main": "${main}" }`;
  return {
    step,
    before: (project, here) => (
      ["one", "two"].forEach((name, i) => project.write(`node_modules/pkg-${word(here)}/${name}.js`, `exports.n = ${i};`)),
      project.write(`node_modules/pkg-${word(here)}/package.json`, manifest("one.js"))
    ),
    change: (project, here) => project.write(`node_modules/pkg-${word(here)}/package.json`, manifest("two.js")),
  };
}

function install(
  project: TestProject,
  here: string,
  files: Readonly<Record<string, string>>,
  more = '"version": "1.0.0"',
  form: "esm" | "cjs" = "esm",
): void {
  const folder = `node_modules/pkg-${word(here)}`;
  project.write(
    `${folder}/package.json`,
    `{ "name": "pkg-${word(here)}", ${form === "esm" ? '"type": "module", ' : ""}"exports": { ".": "./index.js", "./*": "./*" }, ${more} }`,
  );
  for (const [file, text] of Object.entries(files)) project.write(`${folder}/${file}`, text);
}

function phantom(project: TestProject, here: string, n: number): void {
  project.write(
    `node_modules/phantom-${word(here)}/package.json`,
    `{ "name": "phantom-${word(here)}", "type": "module", "exports": "./index.js" }`,
  );
  project.write(`node_modules/phantom-${word(here)}/index.js`, `export const n = ${n};`);
}
