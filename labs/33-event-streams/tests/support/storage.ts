import { Double, type Reply } from '@backend-labs/testkit';
import { OBJECT_BYTES } from './events.ts';

/** Answers for one object; `time` counts from 1, `caller` is the path that the instance was given. */
export type Behaviour = (time: number, caller: string) => Reply | Promise<Reply>;

export const SIZE: Reply = { body: { bytes: OBJECT_BYTES } };

/** The storage: `GET /objects/:id`. Every object has the same size, unless the test says otherwise. */
export class Storage implements AsyncDisposable {
  readonly #double: Double;
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #asked = new Map<string, number>();

  private constructor(double: Double) {
    this.#double = double;
    double.handler = ({ path }) => {
      const [caller = '', object = ''] = path.split('/objects/');
      const time = this.asked(object) + 1;
      this.#asked.set(object, time);
      return this.#behaviours.get(object)?.(time, caller) ?? SIZE;
    };
  }

  static async open(): Promise<Storage> {
    return new Storage(await Double.open(() => SIZE));
  }

  get url(): string {
    return this.#double.url;
  }

  /** How often an object was requested. */
  asked(object: string): number {
    return this.#asked.get(object) ?? 0;
  }

  when(object: string, behaviour: Behaviour): void {
    this.#behaviours.set(object, behaviour);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }
}
