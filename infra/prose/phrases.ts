import type { CodePlace } from './document.ts';

/** Where prose can stand. A `point` is an acceptance criterion of a ticket: `- **2.1** …`. */
export type Place = CodePlace | 'heading' | 'paragraph' | 'point' | 'cell';

/** A way of writing that CONTRIBUTING.md's section *English* replaces. */
export interface Phrase {
  readonly id: string;
  /** A blank stands for any white space. Code reads as `xxx`. */
  readonly pattern: RegExp;
  /** The words to use instead, as the message says them. */
  readonly instead: string;
  /** The only places where it is a fault; left out: everywhere. */
  readonly only?: readonly Place[];
  /** Sentences that it finds, and some like them that it must leave alone. */
  readonly fires: readonly string[];
  readonly passes: readonly string[];
}

const REQUIREMENTS: readonly Place[] = ['point', 'title'];
const SENTENCES: readonly Place[] = ['paragraph', 'point', 'title', 'message', 'field'];

/** Each was found in this repository more than once, by readers who stumbled over it. */
export const PHRASES: readonly Phrase[] = [
  {
    id: 'bare-who',
    pattern:
      /(?<=^\s*|[.;!?:][)"”’]?\s+|\b(?:and|but|so|that|because) )who (?!['’]s\b)(?![^.;!]*\?)/,
    instead: 'Name the actor: "a client that retries", "the second request".',
    only: [...SENTENCES, 'comment'],
    fires: ['Who comes late takes nothing away.', 'It waits; who comes first wins.'],
    passes: ['Who is asking?', 'A client who retries gets 409.', 'Name the person who asked.'],
  },
  {
    id: 'whoever',
    pattern: /\bwho(?:so)?ever\b/,
    instead: 'Name the actor: "a client that …", "the person who …".',
    fires: ['Whoever ordered lately finds a page.'],
    passes: ['A tenant that ordered lately finds a page.'],
  },
  {
    id: 'bare-what',
    pattern: /(?<=^\s*|[.;!?][)"”’]?\s+)what (?!if\b)(?!\w+ \w+:)(?=[^.;!?]*[.;])/,
    instead: 'Begin with a noun: "An order that …", "The rows that …", "Everything that …".',
    only: ['paragraph', 'point', 'field'],
    fires: ['What will not heal is not tried.', 'It stops; what it holds is dropped.'],
    passes: [
      'What went wrong?',
      'Say what happened.',
      'What is in a lab',
      'What it costs: two reads.',
    ],
  },
  {
    id: 'title-begins-with-what',
    pattern: /^\s*what /,
    instead: 'Begin the title with a noun: "a permanent error is not retried".',
    only: ['title'],
    fires: ['what is late is not lost'],
    passes: ['a late job is not lost'],
  },
  {
    id: 'anew',
    pattern: /\banew\b/,
    instead: '"again".',
    fires: ['It is chosen anew.'],
    passes: ['It is chosen again.'],
  },
  {
    id: 'heir',
    pattern: /\bheirs?\b/,
    instead: '"the new lock holder", or "takeover".',
    fires: ['The heir charges.'],
    passes: ['Their charge stays.'],
  },
  {
    id: 'mend',
    pattern: /\b(?:mend(?:s|ed|ing)?|heal(?:s|ed|ing)?)\b/,
    instead: '"fix" or "recover"; an error that a retry cannot fix is "permanent".',
    fires: ['Mend it first.', 'A fault that heals is retried.'],
    passes: ['We recommend it.', 'GET /health answers 200.', 'Wait until the server is healthy.'],
  },
  {
    id: 'trailing-too',
    pattern: /, too(?=\s*(?:[.;:,)!?]|$))/,
    instead: '"even if …", or "also" before the verb.',
    fires: ['It passes before it is green, too.'],
    passes: ['That is too late.', 'It is late, too late for this.'],
  },
  {
    id: 'also-when',
    pattern: /\balso (?:when|if)\b/,
    instead: '"even if".',
    fires: ['It answers 409, also when it is late.'],
    passes: ['It also answers 409, even if it is late.'],
  },
  {
    id: 'belongs-into',
    pattern: /\bbelong(?:s|ed)? into\b/,
    instead: '"belongs in".',
    fires: ['It belongs into the ticket.'],
    passes: ['It belongs in the ticket.'],
  },
  {
    id: 'is-no',
    pattern:
      /(?<!\b(?:there|here)(?: (?:xxx+|really|still))?)(?<!\b(?:there|here) )\b(?:is|are|was|were|be) no (?!longer|more|fewer|less|one|later|earlier|matter|good|bigger|smaller|larger|better|worse)/,
    instead: '"is not a …", or "there is no …".',
    fires: ['A timeout is no confirm.', 'That is no reason to retry.', '`x` is no way.'],
    passes: [
      'There is no queue.',
      'It is no longer there.',
      'It is no more than 3.',
      'There are no rows.',
    ],
  },
  {
    id: 'was-had',
    pattern: /\b(?:be|is|are|was|were|been) had\b|\bhad (?:from|by way of)\b|\bhad the same way\b/,
    instead: '"provided", "started", "available".',
    fires: ["A server that can't be had is not run.", 'how a server was had'],
    passes: ['It had been there.', 'Each retry had a key.'],
  },
  {
    id: 'be-it',
    pattern: /\bbe (?:it|they) (?:a|an|the|by|of|in|from|with|for|as|new|old)\b/,
    instead: '"whether it is … or …".',
    fires: ['Any failure, be it a 500 or a timeout, is retried.'],
    passes: ['It may be it.'],
  },
  {
    id: 'at-once',
    pattern: /(?<!\b(?:two|three|four|ten|twelve|fifty|many|\d+)(?: \S+){0,3} )\bat once\b/,
    instead:
      'the number: "within 1 s". For two at the same time: "concurrent", "at the same time".',
    only: REQUIREMENTS,
    fires: ['It answers at once.'],
    passes: ['It answers within 1 s.', 'two commands at once make one copy'],
  },
  {
    id: 'in-time',
    pattern: /\b(?:in (?:good )?time|soon|shortly|promptly|quickly|fast enough)\b(?! zone)/,
    instead: 'the number: "within 3 s".',
    only: REQUIREMENTS,
    fires: ['The job is done in time.', 'It answers soon.'],
    passes: ['It answers within 3 s.', 'an instant in time zone UTC'],
  },
  {
    id: 'some-seconds',
    pattern: /\b(?:some|a few|several) (?:milli)?(?:seconds|minutes|hours|buffers|rows)\b/,
    instead: 'the number: "within 3 s", "at most 300 buffers".',
    only: [...REQUIREMENTS, 'paragraph'],
    fires: ['It ends within some seconds.'],
    passes: ['It ends within 3 s.'],
  },
  {
    id: 'came-to-no-end',
    pattern: /\bc[ao]mes? to (?:no|an) end\b/,
    instead: '"did not finish", or "ended".',
    fires: ['The run came to no end.'],
    passes: ['The run did not finish.'],
  },
  {
    id: 'for-certain',
    pattern: /\bfor certain\b/,
    instead: '"certainly", before the verb.',
    fires: ['The provider did nothing for certain.'],
    passes: ['The provider certainly did nothing.'],
  },
  {
    id: 'give-leave',
    pattern: /\bgiv(?:e|es|ing) (?:\w+ )?leave\b/,
    instead: '"Change the permissions", or "let".',
    fires: ['Give yourself leave to write.'],
    passes: ['Change the permissions.'],
  },
  {
    id: 'is-told',
    pattern: /\b(?:is|are|was|were|be|been) told\b(?! apart)|\btells? of\b/,
    instead: '"is reported", "reports", "describes", "gets", "learns".',
    fires: ['A fault is told in one line.', 'It tells of a fault.'],
    passes: ['A fault is reported.', 'It tells the client why.', 'They can be told apart.'],
  },
  {
    id: 'buried',
    pattern: /\bbur(?:y|ies|ied|ying|ial)\b|\bgraves?(?:yard)?\b|\bcorpses?\b/,
    instead: '"dead-letter", "give up", "remove".',
    fires: ['The job is buried.'],
    passes: ['The job goes to the dead-letter queue.'],
  },
  {
    id: 'quarters',
    pattern: /\bquarters\b/,
    instead: '"lease", "database", or "vhost".',
    fires: ['Each run has quarters.'],
    passes: ['Each quarter has a report.'],
  },
  {
    id: 'the-dead',
    pattern:
      /\bthe (?:dead|killed|living|late)(?=\s*(?:[.,;:)]|$)| (?:is|are|was|were|has|had|may|must|one)\b)/,
    instead: 'the noun: "the dead process", "the killed worker".',
    fires: ['It extends the claim of the dead.'],
    passes: ['It extends the lease of the dead process.'],
  },
  {
    id: 'in-the-way',
    pattern:
      /\bin (?:nobody|anybody|no one|anyone)['’]s way\b|\bin the way of\b|\bin (?:its|their) way\b/,
    instead: '"delays", "blocks": "a waiting job delays no other job".',
    fires: ["A waiting job is in nobody's way."],
    passes: ['A waiting job delays no other job.', 'in a way that fails'],
  },
  {
    id: 'at-the-latest',
    pattern: /\bat the (?:latest|earliest)\b/,
    instead: '"no later than", "within 3 s", or "even if only".',
    fires: ['It is refused, at the latest at its commit.'],
    passes: ['It is refused no later than the commit.'],
  },
  {
    id: 'is-asked-for',
    pattern: /(?<!\bwhat )\b(?:is|are|was|were) asked for\b/,
    instead: '"requested", or the parameter: "as `limit` asks for".',
    fires: ['A page is as long as it is asked for.'],
    passes: ['A page has as many items as xxxxx asks for.', 'It finds what was asked for.'],
  },
  {
    id: 'else-as-otherwise',
    pattern: /[,;.] (?:or )?else (?!if\b|return\b|throw\b)/,
    instead: '"otherwise" in a sentence of its own, or "If not, …".',
    fires: ['It is installed as root, else the command is printed.'],
    passes: ['Nothing else is started.', 'Or what else?'],
  },
  {
    id: 'stands-in',
    pattern: /\bst(?:ands?|ood) (?:in|twice|there)\b(?! for)/,
    instead: '"is in", "is written in".',
    fires: ['All that is tested stands in the ticket.'],
    passes: ['A double stands in for the provider.'],
  },
  {
    id: 'all-that',
    pattern: /\ball that (?=\w+)(?!\w+ly\b)/,
    instead: '"everything that", or the noun: "all the lines that".',
    fires: ['It prints all that the service said.'],
    passes: ['It prints everything that the service said.', 'All of that is lost.'],
  },
  {
    id: 'double-genitive',
    pattern: /\bof (?:the \w+['’]s\b(?!\s*\w)|ours\b|theirs\b)/,
    instead: 'one possessive: "the learner\'s file", "our code".',
    fires: ["It is a file of the learner's.", 'A fault of ours.'],
    passes: ["It is part of the learner's copy.", 'It is our fault.'],
  },
  {
    id: 'what-there-is',
    pattern: /\bwhat there (?:is|are|was)\b/,
    instead: 'the noun: "lists the flags", "shows the labs".',
    fires: ['`labs list` lists what there is.'],
    passes: ['`labs list` lists the labs.'],
  },
  {
    id: 'has-to-first',
    pattern: /\bhas to (?:\w+ ){1,3}first\b/,
    instead: 'the command: "Run `…` first: …".',
    fires: ['The lock file has to know it first.'],
    passes: ['Run this first: the package is new.'],
  },
  {
    id: 'archaic',
    pattern:
      /\b(?:lest|whereby|wherein|whereof|thereof|therein|thereupon|hereby|herein|hitherto|forthwith|withal|nigh|ought|shall|save for|for want of|by and by)\b/,
    instead: 'a plain word: "so that … not", "in which", "must".',
    fires: ['It locks the row, lest another takes it.'],
    passes: ['It locks the row so that no other request takes it.'],
  },
  {
    id: 'answered-with',
    pattern: /\b(?:is|are|was|were|be) answered (?:with|by) (?:a |an )?(?:\d{3}|xxx)/,
    instead: 'the actor: "the service answers 409".',
    fires: ['A second request is answered with a 409.'],
    passes: ['The service answers 409 to a second request.'],
  },
  {
    id: 'doubled-word',
    pattern: /\b(?!(?:or|that|had|xxx+|\d+|ha|bla|very)\b)([a-z]+) \1\b(?![-'’.(])/,
    instead: 'the word once.',
    fires: ['It reads the the table.'],
    passes: ['He knew that that was so.', 'xxxxx xxxxx'],
  },
];
