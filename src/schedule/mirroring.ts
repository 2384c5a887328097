import { databaseUrl } from "../mirror/url.ts";

const every = 5_000;
const atTheEnd = 1_000;

/**
 * While the scheduler stays, what a run left waiting is sent: it waits for Postgres only briefly itself.
 * @returns the function that ends it
 */
export async function keepMirroring(project: string, say: (message: string) => void): Promise<() => Promise<void>> {
  const url = databaseUrl(process.env);
  if (url === undefined) return async () => {};
  const { Shipper } = await import("../mirror/shipper.ts");
  const shipper = new Shipper(project, url, say);
  shipper.poke();
  const timer = setInterval(() => shipper.poke(), every);
  return async () => {
    clearInterval(timer);
    const left = await shipper.finish(atTheEnd);
    if (left !== undefined) say(left);
  };
}
