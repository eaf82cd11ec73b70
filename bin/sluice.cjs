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
} else {
  start();
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
