import { connect, createServer, type Server, type Socket } from "node:net";

/** A line to a server that can be cut just before the reply to a COMMIT passes: the server has committed, nobody knows. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many replies have been cut. */
  cuts = 0;

  /** @param cutsAt whether the reply to the nth COMMIT of a connection, from 1, is lost */
  private constructor(port: number, cutsAt: (nth: number) => boolean) {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port, host: "127.0.0.1", noDelay: true });
      let commits = 0;
      let cutting = false;
      const end = () => [near, far].forEach((socket) => socket.destroy());
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", end).on("close", end);
      }
      near.on("data", (bytes) => {
        if (bytes.includes("COMMIT\0")) cutting = cutsAt(++commits);
        far.write(bytes);
      });
      far.on("data", (bytes) => {
        if (!cutting) return void near.write(bytes);
        this.cuts++;
        end();
      });
    });
  }

  static async open(port: number, cutsAt: (nth: number) => boolean): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port, cutsAt);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
