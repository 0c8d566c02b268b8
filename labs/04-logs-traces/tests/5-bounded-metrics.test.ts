import { judges } from '@backend-labs/testkit';
import { test } from './support/services.ts';
test('x', judges('5.1'), () => {});
