-- Never written or read; it comes back with the API that fills it.
drop table environment_variable;
