export { applyOption, leaveOut, optionPatch } from './choices.ts';
export { combinations, coveringSeeds, draw, type Drawn, ownOf } from './draw.ts';
export { VariantError, type VariantErrorCode } from './errors.ts';
export { homeName, labIn, linkPackages } from './home.ts';
export { hasVariants, readSpec, SPEC } from './read-spec.ts';
export type { Option, Skin, Spec } from './spec.ts';
export { copyLab, writeVariant, type VaryOptions } from './vary.ts';
