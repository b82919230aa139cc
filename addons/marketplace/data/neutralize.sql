-- Accounts stop. Their credentials are gone, and no webhook of a channel reaches this database.
UPDATE marketplace_account
   SET state = CASE state WHEN 'draft' THEN 'draft' ELSE 'paused' END,
       pause_reason = 'Neutralized database', automatic = false,
       webhook_token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');

DELETE FROM marketplace_credential;

-- Whatever the engine was about to do.
DELETE FROM queue_job
 WHERE model_name LIKE 'marketplace.%'
   AND state IN ('wait_dependencies', 'pending', 'enqueued', 'started');

-- Matches no database: nothing leaves from here even if the mark of Odoo is removed.
UPDATE ir_config_parameter SET value = 'neutralized' WHERE key = 'marketplace.home';
