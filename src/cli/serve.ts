// SPDX-License-Identifier: GPL-2.0-only

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { InputError } from '../scenario/input.js';
import { EXIT_OK } from './exit-codes.js';
import { playgroundPage } from './page-template.js';
import { endProgress } from './progress.js';

export interface ServeOptions {
  port?: string;
}

/** The only address that is listened on: nobody else reaches it. */
const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65_535;
function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

/** A page of another site that a name leads here asks under that name; it gets nothing. */
function isOwn({ headers }: IncomingMessage): boolean {
  const own = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;
  const { origin } = headers;
  return own.test(headers.host ?? '') && (origin === undefined || own.test(origin.replace(/^http:\/\//, '')));
}

/** Answers with the page, which needs nothing more: the emulator is in it. */
function handle(request: IncomingMessage, response: ServerResponse, page: string): void {
  const route = `${request.method ?? ''} ${(request.url ?? '').split('?')[0]!}`;
  if (!isOwn(request)) send(response, 403, 'text/plain', 'this server answers pages of its own address only\n');
  else if (route === 'GET /') send(response, 200, 'text/html', page);
  else send(response, 404, 'text/plain', `there is no ${route}\n`);
}

/**
 * Serves a page on the loopback address.
 * @param port 0 for a free one
 * @throws InputError where the port is taken
 */
export async function listen(port: number, page: string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => handle(request, response, page));
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(new InputError(`--port is ${port}; it cannot be had (${code ?? 'unknown'})`)),
    );
    server.listen(port, LOOPBACK, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('the server has no port');
  return { server, url: `http://${LOOPBACK}:${bound.port}/` };
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= MAX_PORT) return port;
  throw new InputError(`--port is ${text}; allowed are 1 to ${MAX_PORT}`);
}

/** `vmemmap serve`: until it is interrupted. Returns the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const { server, url } = await listen(portOf(options.port), playgroundPage());
  endProgress();
  process.stdout.write(`${url}\n`);
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      server.closeAllConnections();
      server.close(() => resolve());
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  return EXIT_OK;
}
