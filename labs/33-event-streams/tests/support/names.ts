/** Names without the lease's prefix. */
export const EVENTS = 'files.events';
export const DEAD_LETTERS = 'files.events.dlt';
export const GROUP = 'billing-projector';

export const PARTITIONS = 6;
