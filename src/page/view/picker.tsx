// SPDX-License-Identifier: GPL-2.0-only

import { useEffect, useState } from 'preact/hooks';
import type { ReportDocument } from '../document.js';
import type { Offer, ReportRequest } from '../service.js';
import { App } from './app.js';

/** Asks for scenarios and kernels, and shows what the server makes of them. */

const NO_OFFER: Offer = { kernels: [], bugs: [] };

async function ask(request: ReportRequest): Promise<ReportDocument> {
  const response = await fetch('report', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer = (await response.json()) as ReportDocument | { error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

export function Picker() {
  const [offer, setOffer] = useState<Offer>(NO_OFFER);
  const [report, setReport] = useState<ReportDocument | undefined>();
  const [complaint, setComplaint] = useState('');
  const [made, setMade] = useState(0);

  useEffect(() => {
    void fetch('offer')
      .then((response) => response.json() as Promise<Offer>)
      .then(setOffer);
  }, []);

  const show = (request: ReportRequest): void => {
    setComplaint('');
    ask(request).then(
      (answer) => {
        setReport(answer);
        setMade((count) => count + 1);
      },
      (error: unknown) => {
        setReport(undefined);
        setComplaint(error instanceof Error ? error.message : String(error));
      },
    );
  };

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const files = form.getAll('files').filter((file): file is File => file instanceof File && file.name !== '');
    const kernels = form
      .getAll('kernel')
      .filter((kernel): kernel is string => typeof kernel === 'string' && kernel !== '');
    void Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() }))).then((scenarios) =>
      show({ scenarios, kernels, bugs: [] }),
    );
  };

  return (
    <>
      <form class="picker" onSubmit={submit}>
        <label>
          Scenario files <input type="file" name="files" accept=".json,application/json" multiple required />
        </label>
        <label>
          Kernel <input name="kernel" list="kernels" size={14} placeholder="as they say" />
        </label>
        <label>
          beside <input name="kernel" list="kernels" size={14} placeholder="none" />
        </label>
        <datalist id="kernels">
          {offer.kernels.map((kernel) => (
            <option key={kernel} value={kernel} />
          ))}
        </datalist>
        <button type="submit">Show</button>
        <label>
          or from the catalogue{' '}
          <select
            onChange={({ currentTarget: { value } }) =>
              value === '' ? undefined : show({ scenarios: [], kernels: [], bugs: [value] })
            }
          >
            <option value="">a bug …</option>
            {offer.bugs.map(({ name, title }) => (
              <option key={name} value={name}>
                {name}: {title}
              </option>
            ))}
          </select>
        </label>
      </form>
      <p class="complaint" role="alert">
        {complaint}
      </p>
      {report === undefined ? (
        <main class="empty">
          <h1>vmemmap report</h1>
          <p>
            Choose a scenario, or a bug of the catalogue. Files stay on this machine: the server that runs them listens
            on the loopback address only.
          </p>
        </main>
      ) : (
        <App key={made} report={report} />
      )}
    </>
  );
}
