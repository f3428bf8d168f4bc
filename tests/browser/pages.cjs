// Looks at pages as people come to them: node pages.cjs TOOLS SERVER PATH...
//
// Every page in every language: axe finds nothing, the markup is valid, the browser reports nothing (also no breach
// of the page's policy), and all of it together weighs at most 150 kB. It is also seen dark, with forced colours, and on 320 pixels
// (which is 1280 at 400 %), where it scrolls in one direction only. Pictures are kept beside the tools. Ends with 1 and a list of faults.

const path = require('node:path');
const fs = require('node:fs');
const zlib = require('node:zlib');

const [tools, server, ...paths] = process.argv.slice(2);
const from = (name) => require(require.resolve(name, { paths: [tools] }));
const { chromium } = from('playwright-core');
const { HtmlValidate } = from('html-validate');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js', { paths: [tools] }), 'utf8');

const LANGUAGES = ['nl', 'fr', 'de', 'en'];
const WEIGHT_MAX = 150_000;
const pictures = path.join(tools, 'pages');
fs.mkdirSync(pictures, { recursive: true });

const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);
// Long lines are ours to write; an empty cell of a table is an answer without a body.
const markup = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: { 'long-title': 'off', 'no-inline-style': 'error', 'no-trailing-whitespace': 'off', 'require-sri': 'off' },
});

// Light is what most people see, in their language; German words are the longest on a narrow screen.
const ways = [
  { name: 'light', languages: LANGUAGES, colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', languages: ['en'], colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'narrow', languages: ['de', 'fr'], colorScheme: 'light', viewport: { width: 320, height: 640 } },
  { name: 'forced', languages: ['en'], colorScheme: 'light', forcedColors: 'active', viewport: { width: 1280, height: 900 } },
];

async function look(browser, way) {
  const { name, languages, ...options } = way;
  // axe is put in by the driver, from outside the page's policy; everything else keeps to it.
  const context = await browser.newContext({ ...options, locale: 'en' });
  const page = await context.newPage();
  let where = '';
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') fault(where, message.text());
  });
  page.on('pageerror', (error) => fault(where, String(error)));
  page.on('requestfailed', (request) => fault(where, `${request.url()} failed`));
  let weight = 0;
  page.on('response', async (response) => {
    if (response.status() >= 400) fault(where, `${response.url()} was answered ${response.status()}`);
    const body = await response.body().catch(() => Buffer.alloc(0));
    weight += response.url().endsWith('.woff2') ? body.length : zlib.gzipSync(body).length;
  });
  for (const language of languages) {
    for (const at of paths) {
      where = `${at} in ${language}, ${name}`;
      weight = 0;
      const answer = await page.goto(`${server}${at}?lang=${language}`, { waitUntil: 'load' });
      const shown = await page.evaluate(() => document.documentElement.lang);
      if (shown !== language) fault(where, `is in ${shown}`);
      if (weight > WEIGHT_MAX) fault(where, `weighs ${weight} bytes`);
      const { wide, there } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        there: document.documentElement.clientWidth,
      }));
      if (wide > there) fault(where, `is ${wide} pixels wide on ${there}`);
      if (name === 'light') {
        const report = await markup.validateString(await answer.text());
        for (const result of report.results) {
          for (const { ruleId, message, line } of result.messages) fault(where, `line ${line}: ${message} (${ruleId})`);
        }
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, nodes } of violations) {
        fault(where, `${id}: ${nodes.length} × ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`);
      }
      if (language === languages.at(-1) || at === '/') {
        const file = `${at.replaceAll('/', '_')}-${language}-${name}.png`;
        await page.screenshot({ path: path.join(pictures, file), fullPage: at.length < 20 });
      }
    }
  }
  await context.close();
}

(async () => {
  const browser = await chromium.launch({
    executablePath: process.env.PORTCULLIS_TEST_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    for (const way of ways) await look(browser, way);
  } finally {
    await browser.close();
  }
  if (faults.length > 0) {
    console.error(`${faults.length} faults:\n${faults.slice(0, 40).join('\n')}`);
    process.exit(1);
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
