ALTER TABLE orders ADD total_cents bigint;
UPDATE orders SET total_cents = i.total_cents FROM contract.invoices i WHERE i.id = orders.id;
ALTER TABLE orders ALTER total_cents SET NOT NULL;

CREATE TABLE revenue (
  month    date   PRIMARY KEY,
  invoices bigint NOT NULL,
  cents    bigint NOT NULL
);

CREATE FUNCTION business_month(instant timestamptz) RETURNS date LANGUAGE sql STABLE
  RETURN date_trunc('month', instant AT TIME ZONE 'Europe/Madrid')::date;

-- Every row of revenue, from the orders. Also the check: it must change nothing.
CREATE FUNCTION rebuild_revenue() RETURNS void LANGUAGE sql AS $$
  DELETE FROM revenue;
  INSERT INTO revenue (month, invoices, cents)
  SELECT business_month(placed_at), count(*), sum(total_cents)
    FROM orders WHERE status = 'issued' GROUP BY 1;
$$;
SELECT rebuild_revenue();

-- Adds to the row as it is when its lock is had, whatever this transaction saw of it before.
CREATE FUNCTION add_revenue(instant timestamptz, more_invoices bigint, more_cents bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO revenue AS r (month, invoices, cents)
  VALUES (business_month(instant), more_invoices, more_cents)
  ON CONFLICT (month) DO UPDATE
    SET invoices = r.invoices + EXCLUDED.invoices, cents = r.cents + EXCLUDED.cents;
$$;

CREATE FUNCTION count_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.status = 'issued' THEN
    PERFORM add_revenue(OLD.placed_at, -1, -OLD.total_cents);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status = 'issued' THEN
    PERFORM add_revenue(NEW.placed_at, 1, NEW.total_cents);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_order AFTER INSERT OR DELETE OR UPDATE OF status, placed_at, total_cents
  ON orders FOR EACH ROW EXECUTE FUNCTION count_order();
