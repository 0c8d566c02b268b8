import { lesson } from '@backend-labs/testkit';
import { fieldsOf, type Known } from './parcels.ts';

type Json = { readonly [name: string]: unknown };

/** Throws a lesson if an answer shows how a field of a parcel was lost. */
export function diagnoseParcel(request: string, parcel: Known, answered: unknown): void {
  const shown = (answered ?? {}) as Json;
  textMadeANumber(request, parcel, shown);
  nullLeftOut(request, parcel, shown);
  fieldGone(request, shown);
}

/** Throws a lesson if a parcel is right alone, and lacks a field in a list. */
export function oneRouteOnly(request: string, parcel: Known, item: unknown, alone: Json): void {
  const shown = (item ?? {}) as Json;
  const lost = Object.keys(fieldsOf(parcel)).filter((name) => name in alone && !(name in shown));
  if (!('id' in shown) || lost.length === 0) return;
  lesson('one-route-only', {
    observed: `GET /v1/parcels/${String(shown['id'])} has ${lost.join(' and ')}. The same parcel in ${request} does not.`,
    meaning:
      'A client that reads the list breaks just as the label printer did. Each place that builds an answer by itself can drift away from the others.',
    lookAt: 'how many places of the service turn a row into a parcel.',
  });
}

function fieldGone(request: string, shown: Json): void {
  if ('weightGrams' in shown || !('id' in shown)) return;
  lesson('field-gone', {
    observed: `${request} answered a parcel with the fields ${Object.keys(shown).join(', ')}. Until Friday it also had weightGrams.`,
    meaning:
      'A client reads a field by its name. After a rename the field is gone for every client that knows the old name, even if the same fact is in the answer under another name.',
    lookAt: 'whether the old and the new name can stand side by side.',
  });
}

function textMadeANumber(request: string, { postcode }: Known, { recipient }: Json): void {
  const { postcode: shown } = (recipient ?? {}) as Json;
  const isNumber = typeof shown === 'number' || (shown === null && postcode !== '');
  if (!isNumber && shown !== String(Number(postcode))) return;
  if (shown === postcode) return;
  lesson('text-made-a-number', {
    observed: `${request} answered ${JSON.stringify(shown)} as the postcode. The database has '${postcode}'.`,
    meaning:
      'A number has no leading zero and no letters. The client gets another type than before, and the digits that were lost cannot be found again.',
    lookAt: 'what happens to the postcode between the row and the answer.',
  });
}

function nullLeftOut(request: string, { note }: Known, shown: Json): void {
  if (note !== null || 'note' in shown || !('id' in shown)) return;
  lesson('null-left-out', {
    observed: `${request} answered a parcel without the field note. The parcel has none, and until Friday that was "note": null.`,
    meaning:
      'A client with a strict decoder expects the field to be there, and stops at the first parcel without it. "There is none" and "the answer does not say" are different answers.',
    lookAt: 'which fields your answer has only sometimes.',
  });
}
