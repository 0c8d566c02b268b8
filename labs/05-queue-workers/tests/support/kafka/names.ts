/** Names without the lease's prefix. */
export const EVENTS = 'media.events';
export const DEAD_LETTERS = 'media.events.dlt';
export const GROUP = 'billing-projector';

export const PARTITIONS = 6;
