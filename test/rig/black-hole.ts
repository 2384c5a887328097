import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A line to a server that is half open from some moment on: nothing passes any more, either way, and nobody closes it. */
export class BlackHole {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many lines are stuck. */
  stuck = 0;

  /** @param at what a client says when its line is lost */
  private constructor(port: number, at: string) {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port, host: "127.0.0.1", noDelay: true });
      let open = true;
      for (const socket of [near, far]) this.#sockets.add(socket.on("error", () => {}));
      near.on("data", (bytes) => {
        if (open && bytes.includes(at)) {
          open = false;
          this.stuck++;
        }
        if (open) far.write(bytes);
      });
      far.on("data", (bytes) => void (open && near.write(bytes)));
    });
  }

  static async open(port: number, at: string): Promise<BlackHole> {
    const hole = new BlackHole(port, at);
    await once(hole.#server.listen(0, "127.0.0.1"), "listening");
    return hole;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
