import { expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

test.each([
  ["let config;\nconfig = { retries: 1 };\nexport { config };\n"],
  ["const all = { config: { retries: 1 } };\nexport const { config } = all;\n"],
  ["export const config = { retries: 1 };\nObject.assign(config, {});\nexport let x = 1;\n", false],
  ['import { settings } from "../lib/settings.ts";\nexport { settings as config };\n'],
  ["export function config() {}\n"],
  ["export const config = { retries: 2n };\n"],
])("%j: what cannot be read without running the step is said", async (text, refused = true) => {
  const project = new TestProject({ "lib/settings.ts": "export const settings = { retries: [1].length };\n", "steps/10_a.ts": text });
  try {
    const { code, stderr } = await project.command(["plan"]);
    expect([code, /E_CONFIG/.test(stderr)], stderr).toEqual(refused ? [3, true] : [0, false]);
  } finally {
    project.dispose();
  }
});

test("config and the defaults of params may be arithmetic, and constants that are set once", async () => {
  const project = new TestProject({
    "lib/times.ts": "export const minute = 60_000;\n",
    "steps/10_a.ts": `import { param } from "stepbook";
import { minute } from "../lib/times.ts";
const tries = 2;
export const config = { timeout: 5 * minute, retryDelay: 2 ** 3 * 1000 - 1, retries: tries + 1 };
export const rows = param("rows", 10 * tries);
`,
    "steps/20_b.ts": "let tries = 2;\ntries = 3;\nexport const config = { retries: tries };\nexport const b = tries;\n",
  });
  try {
    expect((await project.command(["plan"])).stderr).toContain("config of 20_b is computed");
    project.remove("steps/20_b.ts");
    expect((await project.run()).code).toBe(0);
    const { config, params } = JSON.parse((await project.command(["show", "10_a", "--json"])).stdout) as {
      config: object;
      params: object[];
    };
    expect(config).toMatchObject({ timeout: 300_000, retryDelay: 7_999, retries: 3 });
    expect(params).toMatchObject([{ name: "rows", default: 20 }]);
  } finally {
    project.dispose();
  }
});
