import { Html } from './html.ts';

export const STYLE = new Html(`
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
.passed { color: var(--good); } .failed { color: var(--bad); } .not-judged { color: var(--open); }
.score { font-size: 1.6rem; font-weight: 600; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; font-size: .85rem; }
.added { color: var(--good); } .removed { color: var(--bad); } .place { opacity: .6; }
.date { white-space: nowrap; }
.test pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.test { border-left: 3px solid var(--line); margin: 0 0 1rem; padding-left: .8rem; }
pre.list { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 20rem; overflow-y: auto; }
dl { margin: .3rem 0 .8rem; } dt { font-weight: 600; } dd { margin: 0 0 .3rem 1rem; }
.said { white-space: pre-wrap; overflow-wrap: anywhere; }
`);
