import {
  TextlintKernel,
  type TextlintKernelPlugin,
  type TextlintKernelRule,
} from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import { extname } from 'node:path';
import { typescript, yaml } from './languages.ts';
import { plainEnglish } from './plain-english.ts';

export interface Fault {
  /** From the root, with `/`. */
  readonly path: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The words found, the rule, and the words to use instead. */
  readonly message: string;
}

const kernel = new TextlintKernel();
const PLUGINS: TextlintKernelPlugin[] = [
  { pluginId: 'markdown', plugin: markdown.default },
  { pluginId: 'typescript', plugin: typescript },
  { pluginId: 'yaml', plugin: yaml },
];
const RULES: TextlintKernelRule[] = [{ ruleId: 'plain-english', rule: plainEnglish }];

/** The faults in the prose of one file: Markdown, YAML, TypeScript or a JavaScript module. */
export async function lintText(path: string, text: string): Promise<Fault[]> {
  const { messages } = await kernel.lintText(text, {
    ext: extname(path),
    filePath: path,
    plugins: PLUGINS,
    rules: RULES,
  });
  return messages.map(({ message, loc: { start } }) => ({
    path,
    line: start.line,
    column: start.column,
    message,
  }));
}
