// What the suite's output says about each test, and the comparison of two runs.
import { readFileSync } from 'node:fs';

/**
 * Reads a unit's output.
 * @returns {{tests: Map<string, 'ok'|'err'|'ignored'>, details: Map<string, string>, ended: boolean}} A name that occurs again has its number behind it.
 */
export function outcomes(output) {
  const tests = new Map();
  const details = new Map();
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const match = /^\[(ok|err|ignore|skip|exception|TIMEOUT)\](?:: (.*))?$/.exec(lines[index]);
    if (!match) continue;
    const [, kind, rest = ''] = match;
    if (kind === 'ok') add(rest.replace(/ \(\d+ ms\)$/, ''), 'ok');
    else if (kind === 'ignore') add(rest.replace(/: (Not supported|Tag|Running|Not|Not ).*$/, ''), 'ignored', rest);
    else if (kind === 'err') add(rest.replace(/ in tests\/.*$/, ''), 'err', lines.slice(index, index + 6).join('\n'));
  }

  return { tests, details, ended: /The End/.test(plain) };

  function add(name, outcome, detail) {
    let unique = name;
    for (let number = 2; tests.has(unique); number++) unique = `${name} #${number}`;
    tests.set(unique, outcome);
    if (detail) details.set(unique, detail);
  }
}

/** Reads the list of what may differ: "unit | name or /pattern/ | reason". */
export function readSkips(path) {
  return readFileSync(path, 'utf8').split('\n').filter((line) => line.trim() && !line.startsWith('#')).map((line) => {
    const [unit, name, reason] = line.split(' | ').map((part) => part.trim());
    if (!reason) throw new Error(`${path}: a line without a reason: ${line}`);
    const pattern = /^\/(.*)\/$/.exec(name);
    return { unit, name, reason, used: false, matches: pattern ? (test) => new RegExp(pattern[1]).test(test) : (test) => test === name };
  });
}

/** Compares, as Markdown. */
export function report(results, skips) {
  const rows = ['| unit | tests | pass directly | pass through the door | excused | differ |', '|---|---|---|---|---|---|'];
  const differing = [];
  const excused = [];
  const total = { tests: 0, direct: 0, door: 0, excused: 0, differ: 0 };
  for (const { unit, direct, door } of results) {
    const row = { tests: direct.tests.size, direct: 0, door: 0, excused: 0, differ: 0 };
    for (const [name, outcome] of direct.tests) {
      if (outcome !== 'ok') continue;
      row.direct++;
      const through = door.tests.get(name) ?? 'did not run';
      if (through === 'ok') { row.door++; continue; }
      const skip = skips.find((entry) => entry.unit === unit && entry.matches(name));
      if (skip) {
        skip.used = true;
        row.excused++;
        excused.push(`- ${unit}: ${name}: ${skip.reason}`);
      } else {
        row.differ++;
        differing.push(`### ${unit}: ${name}: ${through}\n\n${door.details.get(name) ?? '(no output)'}\n`);
      }
    }

    if (direct.ended && !door.ended) differing.push(`### ${unit}: the run through the door did not come to its end\n`);
    for (const what of Object.keys(total)) total[what] += row[what];
    rows.push(`| ${unit} | ${row.tests} | ${row.direct} | ${row.door} | ${row.excused} | ${row.differ} |`);
  }

  rows.push(`| **all** | ${total.tests} | ${total.direct} | ${total.door} | ${total.excused} | ${total.differ} |`);
  const ran = new Set(results.map((result) => result.unit));
  const idle = skips.filter((skip) => !skip.used && ran.has(skip.unit)).map((skip) => `- ${skip.unit}: ${skip.reason}`);
  const parts = [rows.join('\n')];
  if (excused.length) parts.push(`Excused:\n\n${excused.join('\n')}`);
  if (idle.length) parts.push(`Excuses that nothing needed (remove them):\n\n${idle.join('\n')}`);
  if (differing.length) parts.push(`Different:\n\n${differing.join('\n')}`);
  return { text: parts.join('\n\n') + '\n', failed: differing.length > 0 };
}
