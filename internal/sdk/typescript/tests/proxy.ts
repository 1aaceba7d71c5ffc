import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";

/** What happens to a request. */
export type Fault =
  | "cut before" // the connection breaks before the request reaches the server
  | "cut after" // the server acts and answers, and the connection breaks before the answer arrives
  | "cut midway" // the connection breaks in the middle of the answer
  | "no answer" // the server does not see the request, and there is never an answer
  // The proxy answers, and the server does not see the request.
  | { status: number; headers?: Record<string, string>; body?: string };

export interface Seen {
  at: number; // in milliseconds
  method: string;
  path: string;
  query: string[]; // the names
  headers: IncomingHttpHeaders;
}

/** A proxy between a client and the real server which counts requests and makes chosen ones fail. */
export class Proxy {
  readonly seen: Seen[] = [];
  readonly #faults = new Map<string, Fault[]>();
  #url = "";

  static async start(t: TestContext, target = process.env["AGENTEXCHANGE_BASE_URL"]!): Promise<Proxy> {
    const proxy = new Proxy();
    const server = createServer((incoming, outgoing) => void proxy.#pass(target, incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return proxy;
  }

  get url(): string {
    return this.#url;
  }

  /** Applies these faults to the next requests of an operation, one each; later ones pass. */
  fail(method: string, path: string, ...faults: Fault[]): void {
    this.#faults.set(`${method} ${path}`, faults);
  }

  /** The requests of an operation so far. */
  of(method: string, path: string): Seen[] {
    return this.seen.filter((one) => one.method === method && one.path === path);
  }

  async #pass(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = incoming;
    const { pathname: path, searchParams } = new URL(url, target);
    const body = await buffer(incoming);
    this.seen.push({ at: performance.now(), method, path, query: [...searchParams.keys()], headers });
    const fault = this.#faults.get(`${method} ${path}`)?.shift();
    if (fault === "no answer") return;
    if (fault === "cut before") return void incoming.socket.destroy();
    if (typeof fault === "object") return void outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    const passed = request(target + url, { method, headers: { ...headers, host: new URL(target).host } }, async (answer) => {
      const text = await buffer(answer);
      if (fault === "cut after") return void incoming.socket.destroy();
      outgoing.writeHead(answer.statusCode!, answer.headers);
      if (fault !== "cut midway") return void outgoing.end(text);
      outgoing.write(text.subarray(0, text.length / 2), () => incoming.socket.destroy());
    });
    passed.end(body);
  }
}
