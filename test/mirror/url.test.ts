import fc from "fast-check";
import { expect, test } from "vitest";
import { databaseUrl, mask } from "../../src/mirror/url.ts";

test("a password is in no message: not as part of a URL, not alone, not decoded", () => {
  // Such as a generator makes: long enough to be found where it should not be.
  const passwords = fc.string({ minLength: 8, maxLength: 20 }).filter((text) => text.trim() === text && !/^\*+$/.test(text));
  fc.assert(
    fc.property(passwords, (password) => {
      const url = `postgresql://user:${encodeURIComponent(password)}@db:5432/x`;
      for (const text of [url, `connect to ${url} failed`, `password "${password}" is wrong`, `dsn ${encodeURIComponent(password)}.`]) {
        expect(mask(text, url)).not.toContain(password);
        expect(mask(text, url)).not.toContain(encodeURIComponent(password));
      }
    }),
  );
});

test.each([
  ["postgres://a:secret@h/d", "postgres://a:***@h/d"],
  ["postgres://a@h/d", "postgres://a@h/d"],
  ["postgres://h/d?user=a&password=secret&x=1", "postgres://h/d?user=a&password=***&x=1"],
  ["postgres://a:p@ss:w@rd@h/d", "postgres://a:***@h/d"],
])("%s is shown as %s", (url, shown) => expect(mask(url)).toBe(shown));

test("an empty DATABASE_URL is none", () => {
  expect(databaseUrl({ DATABASE_URL: " " })).toBeUndefined();
  expect(databaseUrl({})).toBeUndefined();
});
