-- A copy knows no secret of Shopify, and works for none of its accounts.
DELETE FROM marketplace_credential
      WHERE account_id IN (SELECT id FROM marketplace_account WHERE provider = 'shopify');
UPDATE marketplace_account
   SET state = 'paused', pause_reason = 'Neutralized database', automatic = false
 WHERE provider = 'shopify' AND state != 'draft';
