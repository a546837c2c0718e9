CREATE TABLE tasks ();
