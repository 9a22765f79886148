// The official TypeScript client of MCP against the server: what it sees, as JSON.
// typescript_client.js MODULES start COMMAND...  |  typescript_client.js MODULES http URL TOKEN
'use strict';

const { createRequire } = require('node:module');

const [modules, how, ...where] = process.argv.slice(2);
const load = createRequire(`${modules}/clients.js`);
const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = load('@modelcontextprotocol/sdk/client/stdio.js');
const { StreamableHTTPClientTransport } = load('@modelcontextprotocol/sdk/client/streamableHttp.js');

const SESSIONS = 4;
const CALLS = 20;

const text = result => result.content.filter(part => part.type === 'text').map(part => part.text).join('');
const first = result => text(result).split('\n')[0];

function transport() {
  if (how === 'start') {
    return new StdioClientTransport({ command: where[0], args: where.slice(1) });
  }
  const headers = { Authorization: `Bearer ${where[1]}` };
  return new StreamableHTTPClientTransport(new URL(where[0]), { requestInit: { headers } });
}

async function look(client) {
  const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
  const run = (code, session) => call('execute', session ? { code, session } : { code });

  // Takes a call back as soon as its cell is known to run.
  async function cancelled() {
    const taken = new AbortController();
    const code = "kept = 7; print('on', flush=True)\nwhile True: pass";
    await call('execute', { code }, { signal: taken.signal, onprogress: () => taken.abort() }).catch(() => undefined);
    return first(await run('kept'));
  }

  // The cell goes on until all that it printed was heard: this client drops progress that comes together with the answer.
  async function progress() {
    let told = '';
    const code = 'import threading\nfor i in range(3): print(i, flush=True)\nthreading.Event().wait()';
    const onprogress = heard => {
      told += heard.message;
      if (told.endsWith('2\n')) call('interrupt', {});
    };
    await call('execute', { code }, { onprogress });
    return told;
  }

  async function concurrent() {
    const names = [...Array(SESSIONS).keys()].map(n => `s${n}`);
    await Promise.all(names.map(session => call('open_session', { session })));
    await Promise.all(names.map(session => run('mine = 0', session)));
    await Promise.all([...Array(CALLS).keys()].map(n => run('mine += 1', names[n % SESSIONS])));
    return (await Promise.all(names.map(session => run('mine', session)))).map(first);
  }

  const seen = { tools: (await client.listTools()).tools.map(tool => tool.name).sort() };
  seen.value = first(await run('6 * 7'));
  seen.progress = await progress();
  const failed = await run("raise ValueError('no tea')");
  seen.error = [failed.isError, text(failed).includes('ValueError: no tea'), text(failed).includes('preserved (live)')];
  const late = await call('execute', { code: 'while True: pass', timeout_seconds: 0.3 });
  seen.late = [late.isError, text(late).includes('timed_out')];
  seen.cancelled = await cancelled();
  seen.concurrent = await concurrent();
  seen.bad = (await call('execute', { cod: '1' })).isError;
  seen.unknown = await call('exec', {}).then(() => 0, refused => refused.code);
  seen.nowhere = text(await run('1', 'x')).includes("no session 'x'");
  await call('put_file', { path: 'in/a.txt', text: 'grüße' });
  seen.files = text(await call('list_files', {}));
  seen.file = text(await call('get_file', { path: 'in/a.txt' }));
  await run('x = 1');
  await call('checkpoint', { name: 'one' });
  await run('x = 2');
  await call('rollback', { name: 'one' });
  seen.rolledBack = first(await run('x'));
  return seen;
}

async function main() {
  const client = new Client({ name: 'pyvisor-test', version: '1.0.0' });
  await client.connect(transport());
  try {
    console.log(JSON.stringify(await look(client)));
  } finally {
    await client.close();
  }
}

main().catch(failed => {
  console.error(failed);
  process.exit(1);
});
