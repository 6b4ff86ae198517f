DROP TABLE vectors;
DROP TABLE given_documents;
DELETE FROM lessons AS older USING lessons AS newer
    WHERE older.incident = newer.incident AND older.number < newer.number;
ALTER TABLE lessons DROP CONSTRAINT lessons_pkey;
ALTER TABLE lessons ADD PRIMARY KEY (incident);
