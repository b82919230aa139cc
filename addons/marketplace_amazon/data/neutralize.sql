-- A copy knows no secret of Amazon, and works for none of its accounts.
DELETE FROM marketplace_credential
      WHERE account_id IN (SELECT id FROM marketplace_account WHERE provider = 'amazon');
UPDATE marketplace_account
   SET state = 'paused', pause_reason = 'Neutralized database', automatic = false
 WHERE provider = 'amazon' AND state != 'draft';
