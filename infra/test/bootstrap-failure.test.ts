import { chmodSync, copyFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Checkout, complaints, type Outcome } from './support/checkout.ts';
import { untrustedRegistry } from './support/untrusted.ts';

/** What a person who cannot be helped gets to read: one line, no stack trace. */
const told = (outcome: Outcome) => {
  const { code, stdout } = outcome;
  return { code, stdout, lines: complaints(outcome) };
};
const oneLine = (line: RegExp, code = 3) => ({
  code,
  stdout: '',
  lines: [expect.stringMatching(line)],
});

describe('the registry', () => {
  test('that cannot be reached on the first run', async () => {
    await using checkout = await Checkout.make();
    await checkout.registry.close();
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/^labs: cannot install Node 99\.1\.0: the npm registry cannot be reached\. Connect /),
    );
  });

  test('that cannot be reached when only the packages are missing', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    await checkout.registry.close();
    checkout.remove('node_modules');
    const emptied = { pnpm_config_store_dir: join(checkout.root, '..', 'other-store') };
    expect(told(await checkout.run([], emptied))).toEqual(
      oneLine(/^labs: cannot install packages: the npm registry cannot be reached\./),
    );
    expect((await checkout.run(['exit', '0'])).code).toBe(0);
  });

  test('that sends a package with another hash', async () => {
    await using checkout = await Checkout.make();
    const pins = checkout.pins();
    for (const source of Object.values(pins.node.packages)) {
      Object.assign(source as object, { integrity: `sha512-${'A'.repeat(86)}==` });
    }
    checkout.write('infra/toolchain.json', JSON.stringify(pins));
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/^labs: cannot install Node 99\.1\.0: the download does not match the hash/),
    );
    expect(checkout.has('.labs/bootstrap.log')).toBe(true);
  });

  test('that refuses', async () => {
    await using checkout = await Checkout.make();
    checkout.registry.refuse(403);
    expect(told(await checkout.run([]))).toEqual(
      oneLine(
        /^labs: cannot install Node 99\.1\.0: your npm registry, or a proxy before it, refuses/,
      ),
    );
  });

  test('that refuses the packages only', async () => {
    await using checkout = await Checkout.make();
    await checkout.run(['exit', '0']);
    checkout.registry.refuse(403);
    checkout.remove('node_modules');
    const emptied = {
      pnpm_config_store_dir: join(checkout.root, '..', 'other-store'),
      pnpm_config_cache_dir: join(checkout.root, '..', 'other-cache'),
    };
    expect(told(await checkout.run([], emptied))).toEqual(
      oneLine(/^labs: cannot install packages: your npm registry, or a proxy before it, refuses/),
    );
  });

  test('whose certificate is not trusted', async () => {
    await using checkout = await Checkout.make();
    await using registry = await untrustedRegistry(dirname(checkout.root));
    const untrusted = { npm_config_registry: registry.url, pnpm_config_registry: registry.url };
    expect(told(await checkout.run([], untrusted))).toEqual(
      oneLine(
        /Node 99\.1\.0: this machine does not trust the certificate of the npm registry\. Get/,
      ),
    );
    await checkout.run(['exit', '0']);
    checkout.remove('node_modules');
    const emptied = {
      ...untrusted,
      pnpm_config_store_dir: join(checkout.root, '..', 'other-store'),
      pnpm_config_cache_dir: join(checkout.root, '..', 'other-cache'),
    };
    expect(told(await checkout.run([], emptied))).toEqual(
      oneLine(/cannot install packages: this machine does not trust the certificate/),
    );
  });

  test('whose failure nobody foresaw leaves its output where the message says', async () => {
    await using checkout = await Checkout.make();
    const npm = join(checkout.root, '..', 'npm-cli.js');
    writeFileSync(npm, 'console.error("npm error it rained"); process.exit(1);');
    const elsewhere = join(checkout.root, '..', 'state');
    for (const [env, log] of [
      [{}, '.labs/bootstrap.log'],
      [{ LABS_STATE: elsewhere }, join(elsewhere, 'bootstrap.log')],
    ] as const) {
      const { code, stderr } = await checkout.run([], { npm_execpath: npm, ...env });
      expect(code).toBe(3);
      expect(stderr).toContain(`it rained. Its whole output is in ${log}.`);
      expect(readFileSync(resolve(checkout.root, log), 'utf8')).toContain('it rained');
    }
  });

  test('that does not have what is pinned', async () => {
    await using checkout = await Checkout.make();
    const toolchain = checkout.read('infra/toolchain.json').replace('tiny-node', 'unheard-of');
    checkout.write('infra/toolchain.json', toolchain);
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/Node 99\.1\.0: your npm registry does not have this package/),
    );
  });
});

describe('the machine', () => {
  test('that is Windows gets one sentence, and nothing is downloaded', async () => {
    await using checkout = await Checkout.make();
    const windows = 'Object.defineProperty(process,"platform",{value:"win32"})';
    const { code, stderr } = await checkout.run([], {
      NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(windows)}"`,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^labs: the labs run on Linux and macOS\. On Windows, use WSL 2: [^\n]*\n$/,
    );
    expect(checkout.registry.requests).toEqual([]);
    expect(checkout.has('.labs')).toBe(false);
  });

  test('whose Node is too old', async () => {
    await using checkout = await Checkout.make();
    // A real Node 14 was tried by hand; here one that says it is 16.
    const old = 'Object.defineProperty(process,"versions",{value:{node:"16.20.2"}})';
    const { code, stderr } = await checkout.run([], {
      NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(old)}"`,
    });
    expect(code).toBe(3);
    expect(stderr).toBe(
      'labs: Node 16.20.2 is too old. Install Node 18 or newer (https://nodejs.org) and run this again.\n',
    );
  });

  test('for which the pinned Node is not published', async () => {
    await using checkout = await Checkout.make();
    const pins = checkout.pins();
    const node = { ...pins.node, packages: {} };
    checkout.write('infra/toolchain.json', JSON.stringify({ ...pins, node }));
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/^labs: Node 99\.1\.0 is not published for \w+-\w+\. Install/),
    );
  });

  test('on which the pinned Node does not run', async () => {
    await using checkout = await Checkout.make();
    const pins = checkout.pins();
    const integrity = checkout.registry.publish({
      name: 'tiny-node',
      version: pins.node.version,
      files: { 'bin/node': '#!/bin/sh\necho "libc.so.6: version GLIBC_2.28 not found"; exit 1\n' },
    });
    for (const source of Object.values(pins.node.packages))
      Object.assign(source as object, { integrity });
    checkout.write('infra/toolchain.json', JSON.stringify(pins));
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/does not run here \(it printed: libc\.so\.6: .* not found\)/),
    );
  });

  test('without npm', async () => {
    await using checkout = await Checkout.make();
    // A copy, since npm would be found beside a Node that came with it.
    const node = join(checkout.root, '..', 'lonely', 'node');
    mkdirSync(dirname(node));
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node);
    }
    expect(told(await checkout.run([], { PATH: '/nowhere' }, { node }))).toEqual(
      oneLine(/^labs: npm is not installed/),
    );
  });

  test('whose disk has too little room', async () => {
    await using checkout = await Checkout.make();
    const pins = checkout.pins();
    const node = { ...pins.node, megabytes: 1e9 };
    checkout.write('infra/toolchain.json', JSON.stringify({ ...pins, node }));
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/^labs: cannot install Node 99\.1\.0 in .*: the disk is full\. Free 1 GB and run/),
    );
  });

  // Filling a disk takes a disk to fill, so npm is one that says so.
  test('whose disk fills up under npm', async () => {
    await using checkout = await Checkout.make();
    const npm = join(checkout.root, '..', 'npm-cli.js');
    writeFileSync(npm, 'console.error("npm error code ENOSPC"); process.exit(228);');
    expect(told(await checkout.run([], { npm_execpath: npm }))).toEqual(
      oneLine(/^labs: cannot install Node 99\.1\.0: the disk is full\. Free 1 GB and run/),
    );
  });

  test('on which the checkout is not writable', async () => {
    await using checkout = await Checkout.make();
    chmodSync(dirname(checkout.root), 0o755);
    chmodSync(checkout.root, 0o555);
    // Nobody: the administrator may write anywhere.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    expect(told(await checkout.run([], {}, { uid }))).toEqual(
      oneLine(/^labs: cannot install Node .* in .*: the folder is not writable\. Run chmod/),
    );
    chmodSync(checkout.root, 0o755);
  });
});

describe('the checkout', () => {
  test.for([
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'infra/toolchain.json',
    'shared/cli/src/main.ts',
  ])('without %s', async (file) => {
    await using checkout = await Checkout.make();
    checkout.remove(file);
    expect(told(await checkout.run([]))).toEqual(
      oneLine(new RegExp(`^labs: ${file} is missing.*git checkout -- ${file}`)),
    );
  });

  test('with a package that the lockfile does not know', async () => {
    await using checkout = await Checkout.make();
    checkout.write('labs/90-new/package.json', '{"name":"new","dependencies":{"tiny":"1.0.0"}}');
    expect(told(await checkout.run([]))).toEqual(
      oneLine(/pnpm-lock\.yaml does not match the package\.json files\. Run/),
    );
  });

  test('whose lock file does not match its package.json files', async () => {
    await using checkout = await Checkout.make();
    const manifest = checkout.read('shared/cli/package.json').replace('"1.0.0"}', '"1.0.1"}');
    checkout.write('shared/cli/package.json', manifest);
    expect(told(await checkout.run([]))).toEqual(
      oneLine(
        /pnpm-lock\.yaml does not match the package\.json files\. Run `\.labs\/.*\/bin\/pnpm install` if/,
      ),
    );
  });
});

test('LABS_STATE that is not absolute is wrong usage', async () => {
  await using checkout = await Checkout.make();
  const outcome = await checkout.run([], { LABS_STATE: 'here' });
  expect(told(outcome)).toEqual(oneLine(/LABS_STATE must be an absolute path, not "here"/, 2));
});
