/** The database of DATABASE_URL, or undefined: then nothing is mirrored. */
export function databaseUrl(env: NodeJS.ProcessEnv): string | undefined {
  const url = env["DATABASE_URL"]?.trim();
  return url === "" ? undefined : url;
}

/** A text without the passwords of any URL in it, and without this one's wherever it stands. */
export function mask(text: string, url = ""): string {
  const inUrls = text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s]*@/gi, "$1:***@").replace(/([?&]password=)[^&\s]+/gi, "$1***");
  return passwords(url).reduce((masked, password) => masked.replaceAll(password, "***"), inUrls);
}

function passwords(url: string): string[] {
  const raw = [/^[a-z]+:\/\/[^:@/]*:(.*)@/i.exec(url)?.[1], /[?&]password=([^&]+)/i.exec(url)?.[1]].filter(
    (each) => each !== undefined && each.length > 2,
  ) as string[];
  return raw.flatMap((each) => [each, decoded(each)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
