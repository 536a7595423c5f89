(import_statement) @import
(export_statement) @export
(call_expression) @call
(member_expression) @member
(function_declaration) @function
(variable_declarator value: (arrow_function)) @arrow
(class_declaration) @class
(method_definition) @method
(throw_statement) @throw
(catch_clause) @catch
(await_expression) @await
(interface_declaration) @interface
(type_alias_declaration value: (object_type)) @object_alias
(enum_declaration) @enum
(program (lexical_declaration (variable_declarator) @constant))
(program (export_statement (lexical_declaration (variable_declarator) @constant)))
