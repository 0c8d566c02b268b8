import type { Draw, StartedService } from '@backend-labs/testkit';

export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number | null;
}

export interface Invoice {
  readonly id: number;
  readonly customerId: number;
  readonly customerName: string;
  readonly address: string;
  readonly issuedAt: string;
  readonly status: string;
  readonly lines: readonly {
    readonly productId: number | null;
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitCents: number;
    readonly totalCents: number;
  }[];
  readonly totalCents: number;
}

export interface Order {
  readonly customerId: number;
  readonly placedAt?: string;
  readonly lines: readonly { readonly productId: number; readonly quantity: number }[];
}

/** The customers that exist have the IDs 1 to 380. */
export function someCustomer(draw: Draw): number {
  return draw.int(1, 380);
}

/** Puts a product of a drawn SKU on sale; without a price if `priceCents` is left out. */
export async function newProduct(
  service: StartedService,
  draw: Draw,
  priceCents?: number,
): Promise<Product> {
  const sku = draw.word(10).toUpperCase();
  const answer = await service.post<{ product: Product }>('/v1/products', {
    sku,
    name: `Tea ${sku}`,
    ...(priceCents !== undefined && { priceCents }),
  });
  return answer.expect(201).body.product;
}

export async function patchProduct(
  service: StartedService,
  id: number,
  change: { readonly name?: string; readonly priceCents?: number },
): Promise<void> {
  (await service.patch(`/v1/products/${id}`, change)).expect(200);
}

export async function patchCustomer(
  service: StartedService,
  id: number,
  change: { readonly name?: string; readonly address?: string },
): Promise<void> {
  (await service.patch(`/v1/customers/${id}`, change)).expect(200);
}

/** Places an order that must be accepted. Answers its invoice. */
export async function order(service: StartedService, request: Order): Promise<Invoice> {
  const answer = await service.post<{ invoice: Invoice }>('/v1/orders', request);
  return answer.expect(201).body.invoice;
}

export async function invoice(service: StartedService, id: number): Promise<Invoice> {
  const answer = await service.get<{ invoice: Invoice }>(`/v1/invoices/${id}`);
  return answer.expect(200).body.invoice;
}

/** IDs of a customer's invoices as the API lists them. */
export async function listOf(service: StartedService, customer: number): Promise<number[]> {
  const path = `/v1/customers/${customer}/invoices`;
  const answer = await service.get<{ invoices: number[] }>(path);
  return answer.expect(200).body.invoices;
}
