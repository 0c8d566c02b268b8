export { findLab, findTask, readCatalog, type Catalog } from './catalog.ts';
export { layOutForEditing, rebasePatch, savePatch } from './edit-patch.ts';
export { CatalogError, type CatalogErrorCode } from './errors.ts';
export { loadLab, type Lab, type Task } from './lab.ts';
export { editableEntries, layOut, SOLUTION_NOTES } from './lay-out.ts';
export { MUTANT_MARKS, mutantMarksOf, type MutantMark } from './mutant-marks.ts';
export {
  designsOf,
  misconceptionsOf,
  PATCH,
  solutionsOf,
  type Design,
  type Layer,
  type Misconception,
  type Overlay,
  type Patched,
  type Solution,
} from './overlays.ts';
export { debriefOf, HINT_LEVELS, hintOf, ticketOf } from './pages.ts';
export { makePatch, patchLoosely, type Rejected } from './patch.ts';
export type { Point } from './points.ts';
