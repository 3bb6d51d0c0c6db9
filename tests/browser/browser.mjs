// A browser that another program drives: each line of stdin is a JSON array [COMMAND, ARGUMENT …],
// and each is answered by a line {"value": …} or {"error": "…"}.
//
//   ["version"]                     of the browser
//   ["open", URL, LOOK]             in a new page; LOOK: {"width": …, "height": …, "dark": …, "calm": …}
//   ["look", LOOK]                  of the page that is open
//   ["evaluate", CODE]              the value of an expression in the page
//   ["wait", CODE]                  until the expression, or what it promises, is true
//   ["click", SELECTOR]  ["fill", SELECTOR, TEXT]  ["press", KEY]  ["mouse", X, Y]
//   ["reload"]
//   ["axe"]                         what axe-core finds: an array of texts
//   ["problems"]                    errors and blocked requests of the page so far
//   ["screenshot", FILE]

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const limit = 60000;
const [executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  timeout: 2 * limit,
  // The sandbox does not run as root. Drawing without a graphics card is faster without its emulation.
  args: ['--disable-gpu', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
});
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let page = null;
let problems = [];

const commands = {
  version: () => browser.version(),
  async open(url, look) {
    if (page) await page.close();
    page = await browser.newPage();
    page.setDefaultTimeout(limit);
    await commands.look(look);
    problems = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(url);
  },
  async look({ width = 1280, height = 720, dark = false, calm = false }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: calm ? 'reduce' : 'no-preference' });
  },
  evaluate: (code) => page.evaluate(code),
  // Not page.waitForFunction(), which needs the eval() that the page's policy forbids.
  async wait(code) {
    const end = Date.now() + limit;
    while (!(await page.evaluate(`(async () => Boolean(await (${code})))()`))) {
      if (Date.now() > end) throw new Error('not true in time');
      await new Promise((done) => setTimeout(done, 50));
    }
  },
  click: (selector) => page.click(selector),
  fill: (selector, text) => page.fill(selector, text),
  press: (key) => page.keyboard.press(key),
  mouse: (x, y) => page.mouse.click(x, y),
  async reload() {
    await page.reload();
  },
  async axe() {
    if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe);
    const { violations } = await page.evaluate('axe.run()');
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  },
  problems: () => problems,
  screenshot: async (path) => {
    await page.screenshot({ path });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...values] = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[name](...values)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
