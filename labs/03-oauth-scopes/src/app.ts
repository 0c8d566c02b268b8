import express, { type Express } from 'express';
import { authenticate } from './authenticate.ts';
import type { Deps } from './deps.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getInvoice } from './get-invoice.ts';
import { listInvoices } from './list-invoices.ts';
import { logout } from './logout.ts';
import { refundInvoice } from './refund-invoice.ts';
import { requestLog } from './request-log.ts';
import { requireRole } from './roles.ts';
import { requireScope } from './scopes.ts';
import { tenantUsage } from './tenant-usage.ts';
import { updateInvoice } from './update-invoice.ts';

/** All routes of the service, without listening. */
export function createApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(deps.log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.use('/v1', authenticate(deps));
  app.get('/v1/invoices', requireScope('invoices:read'), listInvoices(deps));
  app.get('/v1/invoices/:id', requireScope('invoices:read'), getInvoice(deps));
  app.patch(
    '/v1/invoices/:id',
    requireScope('invoices:write'),
    requireRole('accountant'),
    updateInvoice(deps),
  );
  app.post(
    '/v1/invoices/:id/refund',
    requireScope('invoices:refund'),
    requireRole('admin'),
    refundInvoice(deps),
  );
  app.get('/v1/tenants/:id/usage', requireRole('admin'), tenantUsage(deps));
  app.post('/v1/logout', logout(deps));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}
