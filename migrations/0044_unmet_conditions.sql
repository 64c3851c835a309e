-- Nothing is ever kept here. What is not as a conditional write (If-Match, If-None-Match) wants it is inserted in the transaction of that
-- write, and so ends it: of two writes with one condition, the second sees what the first has done.
CREATE TABLE unmet_conditions (
  name TEXT PRIMARY KEY
) STRICT;

CREATE TRIGGER unmet_conditions_refuse BEFORE INSERT ON unmet_conditions
BEGIN
  SELECT RAISE(ABORT, 'precondition failed');
END;
