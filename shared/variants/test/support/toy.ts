import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Lab, loadLab } from '@backend-labs/catalog';
import { draw, type Drawn, ownOf, readSpec, writeVariant } from '../../src/index.ts';
import { readTexts, type Texts } from '../../src/files.ts';

const ID = '90-toy';
const LAB = `labs/${ID}`;

export const SPEC = `facts:
  limit:
    is: 50
    values: [20, 30]
    places:
      README.md: ['at most {} orders']
      src/orders.ts: ['LIMIT = {};']
      tests/1-list.test.ts: ['toBe({})', '{+1} orders']
words:
  keep: [in the order]
  skins:
    - name: orders
    - name: bookings
      terms: { order: booking }
      texts:
        - file: README.md
          from: A shop lost an order.
          to: A hotel lost {limit} guests.
choices:
  direction:
    - name: newest
      refuses: [1.1]
    - name: oldest
      refuses: [1.1]
      without: [random]
  limits:
    - name: capped
      refuses: [1.2]
    - name: refused
      refuses: [1.2]
`;

const OLDEST = `--- a/README.md
+++ b/README.md
@@ -4,5 +4,5 @@
 
 ## Task 1: The order list
 
-- **1.1** A page shows the newest orders.
+- **1.1** A page shows the oldest orders.
 - **1.2** A page has at most 50 orders.
--- a/solutions/reference/src/orders.ts
+++ b/solutions/reference/src/orders.ts
@@ -1,3 +1,3 @@
 /** In the order of their ids. */
-export const orderBy = 'id DESC';
+export const orderBy = 'id';
 
`;

const REFUSED = `--- a/tests/1-list.test.ts
+++ b/tests/1-list.test.ts
@@ -1,1 +1,2 @@
 expect(orders.length, '51 orders').toBe(50);
+expect(status).toBe(400);
`;

const FILES: Readonly<Record<string, string>> = {
  'variant.yaml': SPEC,
  'proof.json': '{}',
  'lab.yaml': `id: ${ID}
title: The order that was lost
level: mid
hours: '1'
summary: One line.
servers: []
tasks: [{ slug: list, title: The order list }]
starter: { fails: [1] }
`,
  'README.md': `# An order is missing

A shop lost an order.

## Task 1: The order list

- **1.1** A page shows the newest orders.
- **1.2** A page has at most 50 orders.
`,
  'src/orders.ts': "/** In the order of their ids. */\nexport const orderBy = '';\n",
  'tests/1-list.test.ts': "expect(orders.length, '51 orders').toBe(50);\n",
  'solutions/reference/SOLUTION.md': '# Reference\n',
  'solutions/reference/src/orders.ts':
    "/** In the order of their ids. */\nexport const orderBy = 'id DESC';\n\nexport const columns = 'id, total';\n\n/** Orders of a page. */\nexport const ORDER_LIMIT = 50;\n",
  'misconceptions/order-by-id/misconception.yaml':
    'looksRight: So.\nover: reference\nbreaks: [1.1]\nlesson: order-by-id\n',
  'misconceptions/order-by-id/change.patch': `--- a/src/orders.ts
+++ b/src/orders.ts
@@ -4,4 +4,4 @@
 export const columns = 'id, total';
 
 /** Orders of a page. */
-export const ORDER_LIMIT = 50;
+export const ORDER_LIMIT = 5_000;
`,
  'misconceptions/random/misconception.yaml':
    'looksRight: So.\nover: reference\nbreaks: [1.1]\nlesson: random\n',
  'misconceptions/random/change.patch': `--- a/src/orders.ts
+++ b/src/orders.ts
@@ -1,5 +1,5 @@
 /** In the order of their ids. */
-export const orderBy = 'id DESC';
+export const orderBy = 'random()';
 
 export const columns = 'id, total';
 
`,
  'variants/direction.oldest.patch': OLDEST,
  'variants/limits.refused.patch': REFUSED,
};

/** A catalogue with a small lab that has variants; gone when disposed. */
export class Toy implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'labs-variants-'));

  /** @param changes path → text, in place of the lab's own. */
  constructor(changes: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries({ ...FILES, ...changes })) {
      const file = join(this.root, LAB, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  get lab(): Lab {
    return loadLab(join(this.root, LAB), this.root);
  }

  /** The lab as it is, but for what is named. */
  drawn(changes: Partial<Drawn> = {}): Drawn {
    const own = ownOf(readSpec(this.lab));
    const options = { ...own.options, ...changes.options };
    return { ...own, ...changes, options, facts: { ...own.facts, ...changes.facts } };
  }

  /** Writes a variant, and reads it back. @param drawn what it is, or its seed. */
  async vary(drawn: Drawn | string, name = 'made'): Promise<Texts> {
    const { lab } = this;
    const to = join(this.root, name, LAB);
    const chosen = typeof drawn === 'string' ? draw(lab.id, readSpec(lab), drawn) : drawn;
    await writeVariant({ lab, drawn: chosen, to, format: () => Promise.resolve() });
    return readTexts(to);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export { FILES, OLDEST };
