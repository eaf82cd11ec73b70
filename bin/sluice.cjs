#!/usr/bin/env node
// The entry. Plain old JavaScript on purpose: Node 12 must still be able to read it far enough to be told what it lacks.
'use strict';

var MINIMUM = 24;

if (parseInt(process.versions.node, 10) < MINIMUM) {
  process.stderr.write(
    'Sluice needs Node.js ' + MINIMUM + ' or newer; this is ' + process.version + '. ' +
      'In a checkout run "npm ci && npm start": npm scripts use the Node.js ' + MINIMUM + ' that npm ci brings along. ' +
      'Elsewhere install it from https://nodejs.org.\n',
  );
  process.exitCode = 1;
} else if (!restartWithHeapSizes()) {
  start();
}

/**
 * Node.js takes the sizes of its heap from the command line only. So a server takes the place of this process with them: same
 * process id, same outputs. Without them it keeps some 60 MB of garbage more.
 */
function restartWithHeapSizes() {
  var command = process.argv[2];
  var serves = command === undefined || command === 'serve' || command === 'demo' || command.charAt(0) === '-';
  var asks = process.argv.indexOf('--help') > 0 || process.argv.indexOf('--version') > 0;
  // A process with a channel to its parent (a worker, `node --watch`) would lose it.
  if (!serves || asks || process.send || !process.execve || process.platform === 'win32') return false;
  var given = process.execArgv.join(' ') + ' ' + (process.env.NODE_OPTIONS || '');
  if (given.indexOf('--heap-growing-percent') >= 0) return false;
  var flags = ['--heap-growing-percent=40'];
  if (given.indexOf('--max-semi-space-size') < 0) {
    flags.push('--max-semi-space-size=' + (megabytes('SLUICE_YOUNG_HEAP_MB') || 8));
  }
  var old = megabytes('SLUICE_OLD_HEAP_MB');
  if (old) flags.push('--max-old-space-size=' + old);
  var env = Object.assign({}, process.env);
  // Each thread of glibc would keep a pool of freed memory of its own.
  if (!env.MALLOC_ARENA_MAX) env.MALLOC_ARENA_MAX = '2';
  try {
    process.execve(process.execPath, [process.execPath].concat(process.execArgv, flags, process.argv.slice(1)), env);
  } catch (error) {
    // Memory is all that it costs.
  }
  return false;
}

function megabytes(name) {
  var text = process.env[name] || '';
  return /^[1-9][0-9]{0,5}$/.test(text) ? text : '';
}

function start() {
  var fs = require('fs');
  var path = require('path');
  var url = require('url');
  var root = path.join(__dirname, '..');
  // A checkout runs its TypeScript as it stands. An installed package cannot: Node strips no types under node_modules.
  var source = path.join(root, 'src', 'main.ts');
  var built = path.join(root, 'dist', 'src', 'main.js');
  var entry = fs.existsSync(source) ? source : built;
  import(url.pathToFileURL(entry).href).then(
    function (main) {
      return main.main(process.argv.slice(2));
    },
  ).catch(function (error) {
    process.stderr.write('Sluice could not start: ' + (error && error.stack ? error.stack : error) + '\n');
    process.exit(1);
  });
}
