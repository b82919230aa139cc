-- A copy knows no token of Cartona, and works for none of its accounts.
DELETE FROM marketplace_credential
      WHERE account_id IN (SELECT id FROM marketplace_account WHERE provider = 'cartona');
UPDATE marketplace_account
   SET state = 'paused', pause_reason = 'Neutralized database', automatic = false
 WHERE provider = 'cartona' AND state != 'draft';
