-- nothing may reach Cartona from a copy, and nothing of the copy knows how to
DELETE FROM marketplace_credential
      WHERE account_id IN (SELECT id FROM marketplace_account WHERE provider = 'cartona');
UPDATE marketplace_account
   SET state = 'paused',
       pause_reason = 'Neutralized copy of a database',
       webhook_token = NULL
 WHERE provider = 'cartona'
   AND state != 'draft';
