import { pino } from 'pino';
import { SERVICE } from './service-name.ts';

export const log = pino({ name: SERVICE });
