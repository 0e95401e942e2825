// SPDX-License-Identifier: GPL-2.0-only

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { BUGS } from '../catalogue/bugs/index.js';
import { PROPOSED_KERNELS, RELEASES } from '../history/releases.js';
import { reportDocument } from '../page/build.js';
import type { ReportDocument } from '../page/document.js';
import { machinePlots } from '../page/plots.js';
import type { Offer, ReportRequest } from '../page/service.js';
import { InputError, parseJson, parseWith } from '../scenario/load.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema } from '../scenario/schema.js';
import { EXIT_OK } from './output.js';
import { packageVersion } from './package-root.js';
import { pageTemplate } from './page-template.js';
import { bugRequests, scenarioRequests } from './report-requests.js';
import { findBug } from './repro.js';

export interface ServeOptions {
  port?: string;
}

/** The only address that is listened on: nobody else reaches it. */
const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65_535;
/** Larger requests are refused, bytes. */
const MAX_BODY = 16 * 2 ** 20;

const requestSchema: z.ZodType<ReportRequest> = z.strictObject({
  scenarios: z.array(z.strictObject({ name: z.string(), text: z.string() })).max(8),
  kernels: z.array(z.string()).max(8),
  bugs: z.array(z.string()).max(8),
});

const offer = (): Offer => ({
  kernels: [...RELEASES, ...PROPOSED_KERNELS].map(({ name }) => name),
  bugs: BUGS.map(({ name, title }) => ({ name, title })),
});

/** @throws InputError, ScenarioError with the sentence that the command line has for it */
function answer({ scenarios, kernels, bugs }: ReportRequest): ReportDocument {
  const requests = [
    ...scenarios.flatMap(({ name, text }) =>
      scenarioRequests(parseWith(scenarioSchema, parseJson(text, name), name), name, kernels),
    ),
    ...bugs.flatMap((name) => bugRequests(findBug(name), kernels)),
  ];
  if (requests.length === 0)
    throw new InputError('nothing was chosen; choose scenario files or a bug of the catalogue');
  return reportDocument(requests, packageVersion(), machinePlots(requests.map(({ scenario }) => scenario)));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY) throw new InputError(`the files have more than ${MAX_BODY} bytes; give smaller ones`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

const sendJson = (response: ServerResponse, status: number, value: object): void =>
  send(response, status, 'application/json', JSON.stringify(value));

/** A page of another site that a name leads here asks under that name; it gets nothing. */
function isOwn({ headers }: IncomingMessage): boolean {
  const own = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;
  const { origin } = headers;
  return own.test(headers.host ?? '') && (origin === undefined || own.test(origin.replace(/^http:\/\//, '')));
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method ?? ''} ${(request.url ?? '').split('?')[0]!}`;
  if (!isOwn(request)) sendJson(response, 403, { error: 'this server answers pages of its own address only' });
  else if (route === 'GET /') send(response, 200, 'text/html', pageTemplate());
  else if (route === 'GET /offer') sendJson(response, 200, offer());
  else if (route === 'POST /report') {
    const asked = parseWith(requestSchema, parseJson(await bodyOf(request), 'the request'), 'the request');
    sendJson(response, 200, answer(asked));
  } else sendJson(response, 404, { error: `there is no ${route}` });
}

/**
 * Listens on the loopback address.
 * @param port 0 for a free one
 * @throws InputError where the port is taken
 */
export async function listen(port: number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (error instanceof InputError || error instanceof ScenarioError) {
        sendJson(response, 400, { error: error.message });
        return;
      }
      // A defect: its stack is for the terminal, not for the page.
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      sendJson(response, 500, { error: 'this program failed; its terminal says where' });
    });
  });
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
  pageTemplate();
  const { server, url } = await listen(portOf(options.port));
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
