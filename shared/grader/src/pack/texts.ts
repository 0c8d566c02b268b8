import type { Lab } from '@backend-labs/catalog';
import type { AiPolicy, Pack } from '@backend-labs/protocol';
import { namedTasks } from './listed.ts';
import { weightsText } from './weights.ts';

/** What a candidate is asked to do. */
export type Assignment = Pick<Pack, 'tasks' | 'minutes' | 'ai' | 'weights' | 'newPackages'>;

const AI: Readonly<Record<AiPolicy, string>> = {
  allowed:
    'You may use any AI tool. In the interview you will explain your code and change it, so hand in only code that you understand.',
  declared:
    'You may use AI tools. List them in `work/AI.md`: which tool, and for which part. An honest list never costs points.',
  forbidden:
    'Do not use AI tools: no chat assistant, no completion that writes more than a line. Documentation and search engines are fine.',
};

const ONLY_THESE =
  'Use those that `package.json` names. No other package is installed when we grade.';

function mayAdd(lab: string): string {
  return `You may add packages from the npm registry: run \`npm install <name>\` in \`work/${lab}/\`, and commit \`package.json\` and \`package-lock.json\`. We install them from that lock file, without running their install scripts. A package from git, from a folder or from another address is refused.`;
}

/** `1 h 30 min`. */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours > 0 && `${hours} h`, rest > 0 && `${rest} min`].filter(Boolean).join(' ');
}

/** The README at the top of a candidate's repository. */
export function frontPage(lab: Lab, assignment: Assignment): string {
  const { id, title } = lab;
  const { tasks, minutes, ai, newPackages } = assignment;
  const box =
    minutes === undefined
      ? 'There is no time box.'
      : `The time box is **${duration(minutes)}** of work. Stop when it is over, even if a task is open: nobody expects every task.`;
  return `# Take-home: ${title}

A small service is half built. Read the ticket in \`work/${id}/README.md\`, and do ${namedTasks(tasks)}.

## Run it

\`\`\`sh
npm start          # the first open task, with its servers up; runs its tests at each save
npm test           # all tests of the assignment
npm run labs -- run ${id}   # serve your copy, to try it by hand
npm run labs -- doctor      # what is missing on this machine
\`\`\`

You need Node 18 or newer and git. The first start installs the rest.

## Rules

- **Time.** ${box}
- **AI.** ${AI[ai]}
- **Edit** the files in \`work/${id}/\`. No other change counts: we grade your files with our own copy of the tests, and with other data.
- **Packages.** ${newPackages === 'allowed' ? mayAdd(id) : ONLY_THESE}
- **Commit** as you usually do. We read the history.

## Hand in

Send the repository: a link that we may clone, or an archive made with
\`git archive --format=zip -o take-home.zip HEAD\`. Each numbered point of the ticket counts on its own,
so a task that is half done is worth handing in. ${weightsText(lab, assignment)}
`;
}
