/** Hashing ahead: the same answers as hashing when asked. */
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { FileHasher } from "../../src/store/files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "stepbook-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

function makeHasher() {
  const known = new Map<string, { signature: string; digest: string }>();
  const hasher = new FileHasher({
    get: (file) => known.get(file),
    set: (file, signature, digest) => void known.set(file, { signature, digest }),
  });
  return { hasher, known };
}

async function oldFile(name: string): Promise<string> {
  const file = path.join(folder, name);
  writeFileSync(file, Buffer.alloc(20 << 20, name));
  await vi.waitFor(() => expect(Date.now() - statSync(file).ctimeMs).toBeGreaterThan(2000), { timeout: 10_000 });
  return file;
}

test("what was hashed ahead is known when it is asked for, and not after a change", async () => {
  const file = await oldFile("large");
  const { hasher, known } = makeHasher();
  hasher.ahead(file, new AbortController().signal);
  await vi.waitFor(() => expect(known.get(file)?.digest).toBe(digestOf(file)), { timeout: 10_000 });
  expect((await hasher.hash(file))?.digest).toBe(digestOf(file));
  appendFileSync(file, "more");
  expect((await hasher.hash(file))?.digest).toBe(digestOf(file));
  // Young files are hashed when asked only.
  hasher.ahead(file, new AbortController().signal);
  expect((await hasher.hash(file))?.digest).toBe(digestOf(file));
});

test("a change while it is hashed ahead, and a hashing that was given up, are seen", async () => {
  const [changed, left] = [await oldFile("changed"), await oldFile("left")];
  const { hasher, known } = makeHasher();
  hasher.ahead(changed, new AbortController().signal);
  appendFileSync(changed, "more");
  expect((await hasher.hash(changed))?.digest).toBe(digestOf(changed));
  const given = new AbortController();
  hasher.ahead(left, given.signal);
  given.abort();
  expect((await hasher.hash(left))?.digest).toBe(digestOf(left));
  expect(known.get(left)?.digest).toBe(digestOf(left));
  hasher.ahead(path.join(folder, "nothing"), new AbortController().signal);
  expect(await hasher.hash(path.join(folder, "nothing"))).toBeNull();
});

test.each([1, (128 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) - 1])("%i bytes", async (size) => {
  const file = path.join(folder, String(size));
  writeFileSync(file, randomBytes(size));
  expect((await makeHasher().hasher.hash(file))?.digest).toBe(digestOf(file));
});

test.skipIf(!existsSync("/proc/self/comm"))("what the system makes up as it is read is read each time, however old it looks", async () => {
  const file = "/proc/self/comm";
  const name = readFileSync(file);
  const later = Date.now() + 60_000;
  vi.spyOn(Date, "now").mockReturnValue(later);
  onTestFinished(() => (vi.restoreAllMocks(), writeFileSync(file, name)));
  const { hasher, known } = makeHasher();
  for (const text of ["one", "two"]) {
    writeFileSync(file, text);
    expect((await hasher.hash(file))?.digest).toBe(digestOf(file));
  }
  expect(known.size).toBe(0);
});
