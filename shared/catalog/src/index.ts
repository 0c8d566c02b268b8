export { findLab, findTask, readCatalog, type Catalog } from './catalog.ts';
export { CatalogError, type CatalogErrorCode } from './errors.ts';
export {
  loadLab,
  misconceptionsOf,
  solutionsOf,
  type Lab,
  type Misconception,
  type Overlay,
  type Task,
} from './lab.ts';
export { editableEntries, layOut } from './overlay.ts';
export { debriefOf, HINT_LEVELS, hintOf, ticketOf } from './pages.ts';
