import type { TextlintPluginCreator } from '@textlint/kernel';
import { parseSync } from 'oxc-parser';
import { isScalar, parseDocument, visit } from 'yaml';
import { piecesOfComments } from './comments.ts';
import { documentOf, type Piece, type Range } from './document.ts';
import { piecesOfStrings } from './strings.ts';

/** textlint's face of a language whose prose is found by `pieces`. */
function plugin(
  extensions: readonly string[],
  pieces: (text: string, path: string) => Piece[],
): TextlintPluginCreator {
  return {
    Processor: class {
      availableExtensions(): string[] {
        return [...extensions];
      }

      processor(): ReturnType<InstanceType<TextlintPluginCreator['Processor']>['processor']> {
        return {
          preProcess: (text, path = '') => documentOf(text, pieces(text, path)),
          postProcess: (messages, filePath = '') => ({ messages, filePath }),
        };
      }
    },
  };
}

/** Comments, messages and titles of tests. */
export const typescript = plugin(['.ts', '.mjs'], (text, path) => {
  const { program, comments } = parseSync(path, text);
  return [...piecesOfComments(text, comments), ...piecesOfStrings(text, program)];
});

/** Each text of two words or more, such as `title` and `looksRight`. */
export const yaml = plugin(['.yaml'], (text) => {
  const pieces: Piece[] = [];
  visit(parseDocument(text), {
    Scalar(key, node) {
      if (key === 'key' || !isScalar(node) || typeof node.value !== 'string' || !node.range) return;
      // A block scalar begins with its sign, `>-` or `|`, on a line of its own.
      const sign = /^[>|][-+\d]*[^\n]*\n/.exec(text.slice(node.range[0], node.range[1]));
      const range: Range = [node.range[0] + (sign?.[0].length ?? 0), node.range[1]];
      if (/\s/.test(node.value)) pieces.push({ place: 'field', prose: [range], code: [] });
    },
  });
  return pieces;
});
