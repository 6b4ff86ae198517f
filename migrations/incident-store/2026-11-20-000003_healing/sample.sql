UPDATE healing SET epoch = 2, paused = true, reset_at = now(), reset_pending = '{a-target}';
