import { each, expect, explain, judges, lesson, test } from '@backend-labs/testkit';
import { diagnoseParcel, oneRouteOnly } from './support/diagnose-parcel.ts';
import { addParcel, fieldsOf, type Known, someParcels } from './support/parcels.ts';

type Json = { readonly [name: string]: unknown };
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;

/** Asserts that an answer has every field that it had until Friday. */
const expectAsBefore = (request: string, parcel: Known, answered: unknown): Promise<void> =>
  explain(
    () => {
      expect(answered, `the parcel that ${request} answered`).toMatchObject({
        ...fieldsOf(parcel),
        id: expect.any(Number) as unknown,
        createdAt: expect.stringMatching(INSTANT) as unknown,
      });
    },
    () => {
      diagnoseParcel(request, parcel, answered);
    },
  );

test('a parcel has the fields of before', judges('1.1'), async ({ draw, postgres, service }) => {
  await each('parcels', someParcels(draw), async (parcel) => {
    const id = await addParcel(postgres, parcel);
    const answer = (await service.get<Json>(`/v1/parcels/${id}`)).expect(200);
    expect(answer.body, `the parcel with the id ${id}`).toMatchObject({ id });
    await expectAsBefore(answer.request, parcel, answer.body);
  });
});

test(
  'the items of the list have the fields of before',
  judges('1.2'),
  async ({ draw, postgres, service }) => {
    const parcels = someParcels(draw);
    const ids: number[] = [];
    for (const parcel of parcels) ids.push(await addParcel(postgres, parcel));
    const answer = (await service.get<{ items: Json[] }>('/v1/parcels?limit=100')).expect(200);
    const { items } = answer.body;
    await each('items', parcels, async (parcel) => {
      const id = ids[parcels.indexOf(parcel)];
      const shown = items.find((item) => item['id'] === id);
      await explain(
        () => {
          expect(shown, `the item ${id} of ${answer.request}`).toMatchObject({
            ...fieldsOf(parcel),
            createdAt: expect.stringMatching(INSTANT) as unknown,
          });
        },
        async () => {
          const alone = await service.get<Json>(`/v1/parcels/${id}`);
          oneRouteOnly(answer.request, parcel, shown, alone.body);
          diagnoseParcel(answer.request, parcel, shown);
        },
      );
    });
  },
);

test('the answer to a POST has the fields of before', judges('1.2'), async ({ draw, service }) => {
  const parcels = someParcels(draw).map((parcel) => ({ ...parcel, status: 'created' }));
  await each('parcels', parcels, async (parcel) => {
    const { weightGrams, postcode, city, note } = parcel;
    const body = { weightGrams, recipient: { postcode, city }, ...(note !== null && { note }) };
    const answer = (await service.post<Json>('/v1/parcels', body)).expect(201);
    await expectAsBefore(answer.request, parcel, answer.body);
  });
});

test('every answer still has the weight object', judges('1.3'), async ({ draw, service }) => {
  const weightGrams = draw.int(1, 30_000);
  const body = { weightGrams, recipient: { postcode: '01069', city: 'Dresden' } };
  const posted = (await service.post<Json>('/v1/parcels', body)).expect(201);
  const got = (await service.get<Json>(`/v1/parcels/${String(posted.body['id'])}`)).expect(200);
  const listed = (await service.get<{ items: Json[] }>('/v1/parcels?limit=100')).expect(200);
  const item = listed.body.items.find(({ id }) => id === posted.body['id']);
  const answers = [
    [posted.request, posted.body],
    [got.request, got.body],
    [listed.request, item],
  ] as const;
  await each('answers', answers, async ([request, parcel]) => {
    await explain(
      () => {
        expect(parcel?.['weight'], `weight in the answer of ${request}`).toEqual({
          value: weightGrams / 1000,
          unit: 'kg',
        });
      },
      () => {
        if (!parcel || 'weight' in parcel || !('weightGrams' in parcel)) return;
        lesson('rolled-back', {
          observed: `${request} answered a parcel with weightGrams and without weight.`,
          meaning:
            'The deploy of Friday was seen by other clients, and the mobile app reads its weight object. Rolling it back breaks a second client to help the first.',
          lookAt: 'whether the old and the new field can stand side by side.',
        });
      },
    );
  });
});
