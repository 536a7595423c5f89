(call) @call
(class) @class
(method) @method
(rescue) @rescue
