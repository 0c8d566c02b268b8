import type { Node } from '@pgsql/types';

/** Where a node of a syntax tree stands, and what is done to it there. */
export interface Site<Body> {
  /** The type of the node around it, e.g. `TypeCast`. */
  readonly within: string | undefined;
  /**
   * Adds a change of the node's body.
   *
   * @param about the piece that it is about, for its place; the whole node when left out.
   */
  edit(operator: string, edit: (body: Body) => void, about?: unknown): void;
  /** Adds a change that puts another node in place of this one; parameters that it loses are kept. */
  replace(operator: string, make: (node: Node) => Node, about?: unknown): void;
}

type TypeOf<Each> = Each extends unknown ? keyof Each : never;
export type NodeType = TypeOf<Node>;
export type BodyOf<Type extends NodeType> = Extract<Node, Record<Type, unknown>>[Type];

/** What can be changed at each type of node. */
export type Operators = {
  readonly [Type in NodeType]?: (body: BodyOf<Type>, site: Site<BodyOf<Type>>) => void;
};

/** The body of a node that is known to be of this type. */
export function bodyOf<Type extends NodeType>(
  node: Node | undefined,
  type: Type,
): BodyOf<Type> | undefined {
  return (node as Partial<Record<Type, BodyOf<Type>>> | undefined)?.[type];
}
