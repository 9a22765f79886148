// What Node's `ws` does with a listening runner. Arguments: HOST:PORT and where `ws` is installed; the token is in RUNNER_TOKEN.
// Prints one line of JSON: what it saw.
'use strict';
const http = require('http');
const [where, modules] = process.argv.slice(2);
const WebSocket = require(require.resolve('ws', { paths: [modules] }));
const token = process.env.RUNNER_TOKEN;
const seen = {};

function open(given) {
  return new WebSocket(`ws://${where}/v1/link`, ['pyvisor.v1'], { headers: { Authorization: `Bearer ${given}` } });
}

function event(socket, name) {
  return new Promise((found, failed) => {
    socket.once(name, (...values) => found(values));
    if (name !== 'close') socket.once('close', code => failed(new Error(`closed with ${code} instead of ${name}`)));
    if (name !== 'unexpected-response') socket.once('error', failed);
  });
}

function word(socket, kind) {
  return new Promise(found => socket.on('message', (data, binary) => binary && data[0] === kind && found(data)));
}

async function attached() {
  const socket = open(token);
  await event(socket, 'open');
  const answer = word(socket, 2);
  socket.send(Buffer.from('\x01{"incarnation":null,"received":0}', 'latin1'));
  const content = JSON.parse((await answer).subarray(1));
  return [socket, content];
}

async function main() {
  const stranger = open('x'.repeat(token.length));
  const [, response] = await event(stranger, 'unexpected-response');
  seen.wrongToken = response.statusCode;
  response.destroy();

  const [socket, content] = await attached();
  seen.subprotocol = socket.protocol;
  seen.extensions = socket.extensions;
  seen.incarnation = typeof content.incarnation;
  const pong = event(socket, 'pong');
  socket.ping('hello');
  seen.pong = String((await pong)[0]);
  const answer = word(socket, 6);
  socket.send(Buffer.from([5, 0, 0, 0, 0, 0, 0, 0, 7]));
  seen.linkPong = (await answer)[8];
  seen.status = await new Promise((found, failed) => {
    http.get(`http://${where}/v1/status`, { headers: { Authorization: `Bearer ${token}` } }, got => {
      let text = '';
      got.on('data', part => (text += part)).on('end', () => found(JSON.parse(text).attached));
    }).on('error', failed);
  });
  const closed = event(socket, 'close');
  socket.close(1000, 'done');
  seen.closed = (await closed)[0];

  const [again] = await attached();
  const tooLarge = event(again, 'close');
  again.send(Buffer.alloc(100000, 0x80));
  seen.oversized = (await tooLarge)[0];
}

main().then(
  () => console.log(JSON.stringify(seen)),
  problem => {
    console.error(problem, seen);
    process.exit(1);
  },
);
